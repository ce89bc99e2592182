"""Does a message have the expected part? See run.py for the language of parts."""
import json
import re


def matches(part, value, bound):
    """'' if it does, else where and why not. Names are bound in `bound`."""
    if isinstance(part, str):
        if part == "*":
            return ""
        if part.startswith("$"):
            name = part[1:]
            if name in bound and bound[name] != value:
                return f" is {value!r}, and {part} is {bound[name]!r}"
            bound[name] = value
            return ""
        if part.startswith("~"):
            found = isinstance(value, str) and re.search(part[1:], value, re.S)
            if found:
                bound.update(found.groupdict())
            return "" if found else f" is {value!r}, which does not match {part[1:]!r}"
    if isinstance(part, dict):
        return _object(part, value, bound)
    if isinstance(part, list):
        return _list(part, value, bound)
    return "" if type(part) is type(value) and part == value else f" is {value!r}, not {part!r}"


def _object(part, value, bound):
    if not isinstance(value, dict):
        return f" is {value!r}, not an object"
    for key, sub in part.items():
        if key.startswith("-"):
            if key[1:] in value:
                return f".{key[1:]} is there"
            continue
        if key not in value:
            return f".{key} is missing in {json.dumps(value)[:300]}"
        why = matches(sub, value[key], bound)
        if why:
            return f".{key}{why}"
    return ""


def _list(parts, values, bound):
    if not isinstance(values, list):
        return f" is {values!r}, not a list"
    if not parts:
        return f" has {len(values)} more: {json.dumps(values)[:300]}" if values else ""
    if parts[0] == "...":
        for skip in range(len(values) + 1):
            trial = dict(bound)
            if not _list(parts[1:], values[skip:], trial):
                bound.update(trial)
                return ""
        return f": nothing in {json.dumps(values)[:900]} fits {json.dumps(parts[1:])}"
    if not values:
        return f" ends where {json.dumps(parts[0])} should be"
    return matches(parts[0], values[0], bound) or _list(parts[1:], values[1:], bound)
