#!/bin/sh
# Upload a release to a private S3 bucket, with the AWS CLI, and print how
# mkuserdata gets it from there.  Arguments: its folder, the bucket, and what
# all keys begin with.
set -eu

folder=$1 bucket=$2 keys=$3
cd "$folder"
sha256sum --quiet --check SHA256SUMS
while read -r _ file; do
	aws s3 cp --only-show-errors "$file" "s3://$bucket/$keys$file"
done <SHA256SUMS
aws s3 cp --only-show-errors SHA256SUMS "s3://$bucket/${keys}SHA256SUMS"
for architecture in x86_64 aarch64; do
	hash=$(sed -n "s/  bootname-$architecture\$//p" SHA256SUMS)
	echo "mkuserdata --s3 s3://$bucket/${keys}bootname-$architecture" \
		"--sha256 $hash SETTINGS"
done
