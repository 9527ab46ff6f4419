"""Sample records keep results/record.schema.json, and the schema finds broken ones.

usage: check_schema.py SCHEMA FOLDER_OF_RECORDS
"""
import copy
import json
import pathlib
import sys

import jsonschema

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
records = sorted(pathlib.Path(sys.argv[2]).glob("*.json"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def check_samples():
    assert len(records) >= 9, f"only {len(records)} records"
    for path in records:
        record = json.loads(path.read_text(), parse_constant=refuse)
        errors = [f"{path.name}: {e.json_path}: {e.message}" for e in validator.iter_errors(record)]
        assert not errors, "\n".join(errors)


def without(record, *keys):
    broken = copy.deepcopy(record)
    holder = broken
    for key in keys[:-1]:
        holder = holder[key]
    del holder[keys[-1]]
    return broken


def changed(record, value, *keys):
    broken = copy.deepcopy(record)
    holder = broken
    for key in keys[:-1]:
        holder = holder[key]
    holder[keys[-1]] = value
    return broken


def optional(keys):
    return keys[-1] in ("reason", "peak_reserved_bytes", "reserved_bytes", "evidence")


def every_key(node, at=()):
    """Paths of all keys that the schema knows, through objects only."""
    if isinstance(node, dict):
        for key, value in node.items():
            if at[-1:] in (("components_at_peak",), ("process_bytes",), ("knobs",), ("clocks",), ("components",),
                           ("breakdown",), ("seconds",), ("kappa_sq",), ("path",)) or at == ("specification", "config"):
                return
            yield at + (key,)
            yield from every_key(value, at + (key,))


def check_broken_ones():
    good = next(r for r in map(lambda p: json.loads(p.read_text()), records) if r["status"] == "ok")
    keys = [k for k in every_key(good) if not optional(k)]
    assert len(keys) > 90, f"only {len(keys)} keys"
    for path in keys:
        assert not validator.is_valid(without(good, *path)), f"missing {'.'.join(path)} is not noticed"
    broken = {
        "another schema": changed(good, "clipbench.record/2", "schema"),
        "an unknown status": changed(good, "fine", "status"),
        "bytes with a fraction": changed(good, 1.5, "memory", "peak_allocated_bytes"),
        "an unknown component": changed(good, 1, "memory", "components_at_peak", "magic"),
        "a path": changed(good, "/data/text.bin", "config", "data"),
        "a failure without its reason": changed(good, "oom", "status"),
        "an unknown key": changed(good, 1, "surprise"),
        "no samples": changed(good, [], "time", "samples_ms"),
    }
    for what, record in broken.items():
        assert not validator.is_valid(record), f"{what} is not noticed"


check_samples()
check_broken_ones()
print(f"{len(records)} records keep the schema")
