"""What Terraform's AWS provider takes: its schema, as the declarations of a package tell it.

It takes `terraform` itself to ask a provider; @cdktf/provider-aws was made from the answer: in
each declaration the comment has the name as Terraform has it, and says `block` where it is one.
"""

import functools
import re

from programs import MODULES

PROPERTY = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\s*readonly (\w+)(\??): ([^;]+);", re.DOTALL)
META = {"count", "depends_on", "for_each", "provider"}
META_BLOCKS = {"lifecycle"}


class Declarations:
    """Of one resource or data source."""

    def __init__(self, kind, resource_type):
        folder = ("data-aws-" if kind == "data" else "") \
            + resource_type.removeprefix("aws_").replace("_", "-")
        path = MODULES / "@cdktf/provider-aws/lib" / folder / "index.d.ts"
        assert path.exists(), f"the provider has no {kind} {resource_type}"
        text = path.read_text()
        self.interfaces = dict(re.findall(r"^export interface (\w+)[^{]*\{\n(.*?)^\}", text,
                                          re.MULTILINE | re.DOTALL))
        self.top = next(name for name in self.interfaces if name.endswith("Config")
                        and f"{name} extends cdktf.TerraformMetaArguments" in text)
        self.attributes = {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
                           for name in re.findall(r"^    get (\w+)\(", text, re.MULTILINE)}

    def members(self, interface):
        """name -> (is it needed, the interface of a block)"""
        return {re.search(r"#(\w+)\}", comment)[1]:
                (not optional, re.match(r"\w+", kind)[0] if "block\n" in comment else None)
                for comment, _, optional, kind in PROPERTY.findall(self.interfaces[interface])
                if re.search(r"#(\w+)\}", comment)}

    def faults(self, block, interface=None):
        """What is wrong with a block of HCL."""
        if block["type"] == "dynamic":
            [block] = block["blocks"]
        known = self.members(interface or self.top)
        meta = set() if interface else META
        names = {*block["attributes"]}
        inner = [(one["labels"][0] if one["type"] == "dynamic" else one["type"], one)
                 for one in block["blocks"] or []]
        found = [f"no argument {name}" for name in names - meta
                 if name not in known or known[name][1]]
        given = names | {name for name, _ in inner}
        found += [f"{name} is missing" for name, (needed, _) in known.items()
                  if needed and name not in given]
        for name, one in inner:
            if not interface and name in META_BLOCKS:
                found += [f"no argument {ignored} to ignore" for ignored
                          in one["attributes"].get("ignore_changes", ()) if ignored not in known]
                continue
            _, of_block = known.get(name, (False, None))
            found += self.faults(one, of_block) if of_block else [f"no block {name}"]
        return found


declarations = functools.lru_cache(maxsize=None)(Declarations)
