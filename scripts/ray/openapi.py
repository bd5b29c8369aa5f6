"""Prints the OpenAPI document of the parts of Ray's dashboard that the Ray executor calls.

Ray's published document (openapi.yml in its documentation sources, not in the package on PyPI) is written by hand and is
wrong for the server it describes: paths without their last slash, other answers to stop and delete, no packages and no
exit code. So the document is made from the installed package itself: shapes from the classes that Ray parses requests into
and writes answers from, and every path looked up in Ray's own table of routes.
"""

import json

import ray
from pydantic import TypeAdapter
from ray.dashboard.modules.job import common, job_head, pydantic_models
from ray.dashboard.modules.node import node_head
from ray.dashboard.modules.state import state_head
from ray.dashboard.modules.version import CURRENT_VERSION, VersionResponse
from ray.util.state.common import NodeState

SCHEMAS = {
    "Version": VersionResponse,
    "JobSubmitRequest": common.JobSubmitRequest,
    "JobSubmitResponse": common.JobSubmitResponse,
    "JobStopResponse": common.JobStopResponse,
    "JobLogsResponse": common.JobLogsResponse,
    "JobErrorType": common.JobErrorType,
    "JobDetails": pydantic_models.JobDetails,
}

# method, path in Ray's table, name of the body's schema, name of the answer's schema
ROUTES = [
    (job_head.JobHead, "get", "/api/version", None, "Version"),
    (job_head.JobHead, "post", "/api/jobs/", "JobSubmitRequest", "JobSubmitResponse"),
    (job_head.JobHead, "get", "/api/jobs/{job_or_submission_id}", None, "JobDetails"),
    (job_head.JobHead, "post", "/api/jobs/{job_or_submission_id}/stop", None, "JobStopResponse"),
    (job_head.JobHead, "get", "/api/jobs/{job_or_submission_id}/logs", None, "JobLogsResponse"),
    (job_head.JobHead, "get", "/api/jobs/{job_or_submission_id}/logs/tail", None, None),
    (job_head.JobHead, "get", "/api/packages/{protocol}/{package_name}", None, None),
    (job_head.JobHead, "put", "/api/packages/{protocol}/{package_name}", "Package", None),
    (state_head.StateHead, "get", "/api/v0/nodes", None, "Nodes"),
    (node_head.NodeHead, "get", "/nodes", None, "NodeUsage"),
]


def nested(*names, inner):
    """An object in an object … around a schema, as the dashboard wraps its answers."""
    for name in reversed(names):
        inner = {"type": "object", "properties": {name: inner}, "required": [name]}
    return inner


def plain(schema):
    """A JSON schema without its prose, with references into the document."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: plain(inner) for name, inner in value.items()}
        elif key not in ("title", "description", "$defs"):
            kept[key] = plain(value)
    return kept


def schemas():
    found = {}
    for name, shape in SCHEMAS.items():
        schema = TypeAdapter(shape).json_schema(ref_template="#/components/schemas/{model}")
        for inner, definition in schema.get("$defs", {}).items():
            found[inner] = plain(definition)
        found[name] = plain(schema)
    node = TypeAdapter(NodeState.__annotations__["state"]).json_schema()
    found["Node"] = {
        "type": "object",
        "properties": {
            "node_id": {"type": "string"},
            "state": plain(node),
            "resources_total": {"type": "object", "additionalProperties": {"type": "number"}},
        },
        "required": ["node_id", "state", "resources_total"],
    }
    missing = set(found["Node"]["properties"]) - set(NodeState.__annotations__)
    assert not missing, f"Ray's nodes no longer have {missing}"
    found["Nodes"] = nested("data", "result", "result", inner={"type": "array", "items": reference("Node")})
    # One text a node, a resource a line: "used/total NAME".
    found["NodeUsage"] = nested(
        "data", "nodeLogicalResources", inner={"type": "object", "additionalProperties": {"type": "string"}}
    )
    return dict(sorted(found.items()))


def reference(name):
    return {"$ref": f"#/components/schemas/{name}"}


def in_table(module, method, path):
    return any(
        getattr(handler, "__route_method__", "").lower() == method and getattr(handler, "__route_path__", "") == path
        for handler in vars(module).values()
    )


def paths():
    found = {}
    for module, method, path, body, answer in ROUTES:
        assert in_table(module, method, path), f"Ray has no {method} {path}"
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        operation = {
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
            ],
            "responses": {"200": {"description": "ok"}},
        }
        if body == "Package":
            content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
            operation["requestBody"] = {"required": True, "content": content}
        elif body:
            content = {"application/json": {"schema": reference(body)}}
            operation["requestBody"] = {"required": True, "content": content}
        if answer:
            operation["responses"]["200"]["content"] = {"application/json": {"schema": reference(answer)}}
        found.setdefault(path, {})[method] = operation
    return found


print(
    json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": f"Ray {ray.__version__}: jobs, packages, nodes", "version": CURRENT_VERSION},
            "paths": paths(),
            "components": {"schemas": schemas()},
        },
        indent=2,
    )
)
