"""CloudFormation's templates: read with their short tags, and resolved for given parameters."""

import re

import yaml

PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012",
          "AWS::StackName": "stack", "AWS::URLSuffix": "amazonaws.com"}
NOTHING = object()      # AWS::NoValue


class Loader(yaml.SafeLoader):
    """YAML in which !Sub x is {"Fn::Sub": x}."""


def construct(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", construct)


def load(text):
    return yaml.load(text, Loader)


class Stack:
    """What a template comes to; a resource's Ref is its name, and NAME.ATTRIBUTE its attribute."""

    def __init__(self, template, parameters=(), **pseudo):
        self.template = template
        self.values = {**PSEUDO, **pseudo}
        known = template.get("Parameters", {})
        given = dict(parameters)
        assert set(given) <= set(known), f"no such parameter: {set(given) - set(known)}"
        for name, definition in known.items():
            value = str(given.get(name, definition.get("Default", NOTHING)))
            is_list = definition["Type"].startswith(("List<", "CommaDelimitedList"))
            self.values[name] = value.split(",") if is_list else value

    def condition(self, name):
        return self.resolve(self.template["Conditions"][name])

    def resources(self):
        """Those that the conditions let be."""
        return {name: self.resolve(resource.get("Properties", {}))
                for name, resource in self.template["Resources"].items()
                if "Condition" not in resource or self.condition(resource["Condition"])}

    def outputs(self):
        return {name: self.resolve(output["Value"])
                for name, output in self.template["Outputs"].items()
                if "Condition" not in output or self.condition(output["Condition"])}

    def broken_rules(self):
        return [assertion["AssertDescription"] for rule in self.template.get("Rules", {}).values()
                if self.resolve(rule.get("RuleCondition", True))
                for assertion in rule["Assertions"] if not self.resolve(assertion["Assert"])]

    def resolve(self, node):
        if isinstance(node, list):
            return [value for value in map(self.resolve, node) if value is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(key, argument)] = node.items()
            # A policy has a Condition of its own, which is a mapping.
            if key.startswith("Fn::") or key in ("Ref", "Condition") and isinstance(argument, str):
                return getattr(self, f"_{key.removeprefix('Fn::').lower()}")(argument)
        resolved = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not NOTHING}

    def _ref(self, name):
        if name == "AWS::NoValue":
            return NOTHING
        return self.values[name] if name in self.values else self._resource(name)

    def _resource(self, name):
        assert name in self.template["Resources"], f"no such resource: {name}"
        return name

    def _condition(self, name):
        return self.condition(name)

    def _getatt(self, path):
        name, attribute = path
        # The only list among those that the templates ask for.
        return ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net"] if attribute == "NameServers" \
            else f"{self._resource(name)}.{attribute}"

    def _sub(self, argument):
        text, local = (argument, {}) if isinstance(argument, str) else argument
        local = {name: self.resolve(value) for name, value in local.items()}

        def value(match):
            name = match[1]
            if name in local:
                return local[name]
            return self._getatt(name.split(".", 1)) if "." in name else self._ref(name)
        return re.sub(r"\$\{([^!}]+)\}", value, text).replace("${!", "${")

    def _if(self, argument):
        condition, then, otherwise = argument
        return self.resolve(then if self.condition(condition) else otherwise)

    def _equals(self, argument):
        left, right = (str(self.resolve(value)) for value in argument)
        return left == right

    def _not(self, argument):
        return not self.resolve(argument[0])

    def _or(self, argument):
        return any(map(self.resolve, argument))

    def _and(self, argument):
        return all(map(self.resolve, argument))

    def _join(self, argument):
        separator, parts = argument
        return separator.join(self.resolve(parts))

    def _split(self, argument):
        separator, text = argument
        return self.resolve(text).split(separator)

    def _importvalue(self, name):
        return f"import {self.resolve(name)}"
