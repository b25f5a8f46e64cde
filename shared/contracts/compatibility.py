"""Which changes of an event type another release could not read.

Owns the comparison of two JSON Schemas of the same type. Both directions count: an older reader gets new
events, and a newer reader replays old ones. So one change is allowed: a new optional field. Anything else is
a new version of the type.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

# Words about a schema, not of it: they may change freely.
ANNOTATIONS = frozenset({"title", "description", "examples", "$defs", "$schema", "$id"})
STRUCTURE = frozenset({"properties", "required", "items", "$ref"})


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What a reader of the other release would stumble over, one sentence each; empty if nothing."""
    return list(_compare("", (old, old), (new, new)))


def _compare(path: str, old: tuple[Schema, Schema], new: tuple[Schema, Schema]) -> Iterator[str]:
    """Compare a pair of (root, node): the root is where references point."""
    (old_root, old_node), (new_root, new_node) = (old[0], _resolved(*old)), (new[0], _resolved(*new))
    yield from _compare_constraints(path or "/", old_node, new_node)
    yield from _compare_required(path or "/", old_node, new_node)
    new_properties: Mapping[str, Schema] = new_node.get("properties", {})
    for name, schema in old_node.get("properties", {}).items():
        if name not in new_properties:
            yield f"{path}/{name}: the field was removed"
        else:
            yield from _compare(f"{path}/{name}", (old_root, schema), (new_root, new_properties[name]))
    if "items" in old_node and "items" in new_node:
        yield from _compare(f"{path}[]", (old_root, old_node["items"]), (new_root, new_node["items"]))


def _compare_constraints(path: str, old: Schema, new: Schema) -> Iterator[str]:
    for keyword in sorted((old.keys() | new.keys()) - ANNOTATIONS - STRUCTURE):
        before, after = old.get(keyword), new.get(keyword)
        if keyword == "enum" and before is not None and after is not None:
            before, after = sorted(before), sorted(after)
        if before != after:
            yield f"{path}: {keyword} changed from {before} to {after}"
    if ("items" in old) != ("items" in new):
        yield f"{path}: items appeared or went"


def _compare_required(path: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    known = set(old.get("properties", {}))
    for name in sorted(after - before):
        yield f"{path}: {name} became required" if name in known else f"{path}: {name} is new and required"
    for name in sorted(before - after):
        yield f"{path}: {name} was required"


def _resolved(root: Schema, node: Schema) -> Schema:
    """The node with its reference, if it has one, replaced by what it names."""
    if "$ref" not in node:
        return node
    target: Any = root
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**target, **{keyword: value for keyword, value in node.items() if keyword != "$ref"}}
