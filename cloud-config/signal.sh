#!/bin/sh
# Tell CloudFormation whether this instance has its name: a part of the user-data, for
# asg.yaml with Signals.
#
#	mkuserdata --with signal.sh ...
#
# cloud-init runs it once, behind the hook. It runs the hook again, which finds all done,
# for its exit status. cfn-signal takes no permission; where it is missing, as on Ubuntu and
# Debian, the AWS CLI does it, with cloudformation:SignalResource on the stack.
hook=/var/lib/cloud/scripts/per-boot/50-bootname
imds=http://169.254.169.254/latest
PATH=$PATH:/opt/aws/bin:/usr/local/bin

token=$(curl -sf -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 600' $imds/api/token)
get() {
	curl -sf -m 5 -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/$1"
}

stack=$(get tags/instance/bootname-stack) || exit 0	# nobody waits
id=$(get instance-id) && region=$(get placement/region) || exit
"$hook"
status=$?
if command -v cfn-signal >/dev/null; then
	cfn-signal --exit-code $status --stack "$stack" --resource Group --region "$region"
else
	[ $status = 0 ] && answer=SUCCESS || answer=FAILURE
	aws cloudformation signal-resource --stack-name "$stack" --logical-resource-id Group \
		--unique-id "$id" --status "$answer" --region "$region"
fi
