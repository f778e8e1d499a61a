// Whether IAM would allow a request, by an evaluator that is not ours.
// Standard input: [{"policy": ..., "action": ..., "resource": ..., "context": {...}, "trust": ...}],
// of which trust is the resource's own policy, if it has one, such as a role's; output: a list of
// Allowed, ImplicitlyDenied and so on; a policy or request that is none is an error.
"use strict";
const {readFileSync} = require("fs");
const {runSimulation} = require("@cloud-copilot/iam-simulate");

const account = "123456789012";
const simulate = async ({policy, action, resource, context, trust}) => {
	const result = await runSimulation({
		request: {
			principal: `arn:aws:sts::${account}:assumed-role/bootname/i-0abc1234def567890`,
			action,
			resource: {resource, accountId: account},
			contextVariables: context,
		},
		identityPolicies: [{name: "policy", policy}],
		serviceControlPolicies: [],
		resourceControlPolicies: [],
		resourcePolicy: trust,
	}, {});
	if (result.resultType === "error")
		throw new Error(`${action} on ${resource}: ${JSON.stringify(result.errors)}`);
	return result.overallResult;
};
Promise.all(JSON.parse(readFileSync(0)).map(simulate))
	.then((results) => console.log(JSON.stringify(results)));
