// What AWS's own validator says of CloudFormation templates, warnings included.
// Standard input: [{"file": ..., "parameters": {...}}]; output: a list of findings for each.
"use strict";
const {readFileSync} = require("fs");
const {CelEngine, TemplateFile} = require("@aws/cloudformation-validate");

const engine = new CelEngine();		// takes seconds, and each template then milliseconds
const findings = ({file, parameters}) => engine.validateStandard(
	new TemplateFile(file), {severityLevel: "WARN", parameterOverrides: parameters}).diagnostics;
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(findings)));
