"""Errors as OpenAI and other servers of its wire write them: class, code, words, request id."""

import json

import pytest

from llm_connectivity.errors import (
    AuthenticationError,
    ContentFilterError,
    ContextWindowExceededError,
    ErrorFacts,
    InsufficientCreditsError,
    LLMError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ValidationError,
)
from llm_connectivity.sse import Event
from llm_connectivity.wires.openai_chat import OpenAIChatCodec


def _openai(message, type="invalid_request_error", code=None, param=None, **fields):
    """Give a document in OpenAI's own form."""
    return {"error": {"message": message, "type": type, "param": param, "code": code, **fields}}


# Status, body, class, code, words in the message.
OPENAI = {
    "wrong key": (
        401,
        _openai("Incorrect API key provided: sk-ab***yz.", code="invalid_api_key"),
        (AuthenticationError, "invalid_api_key", "Incorrect API key"),
    ),
    "no key": (
        401,
        _openai("You didn't provide an API key."),
        (AuthenticationError, "invalid_request_error", "didn't provide"),
    ),
    "region": (
        403,
        _openai(
            "Country, region, or territory not supported",
            "request_forbidden",
            "unsupported_country_region_territory",
        ),
        (PermissionDeniedError, "unsupported_country_region_territory", "not supported"),
    ),
    "model of another project": (
        403,
        _openai("Project `proj_a` does not have access to model `o9`", code="model_not_found"),
        (PermissionDeniedError, "model_not_found", "does not have access"),
    ),
    "no such model": (
        404,
        _openai("The model `gpt-0` does not exist", code="model_not_found"),
        (ModelNotFoundError, "model_not_found", "gpt-0"),
    ),
    "no such address": (
        404,
        _openai("Invalid URL (POST /v1/chat/completion)"),
        (ModelNotFoundError, "invalid_request_error", "Invalid URL"),
    ),
    "full context": (
        400,
        _openai(
            "This model's maximum context length is 128000 tokens.",
            code="context_length_exceeded",
            param="messages",
        ),
        (ContextWindowExceededError, "context_length_exceeded", "128000"),
    ),
    "parameter of another model": (
        400,
        _openai(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            code="unsupported_parameter",
            param="max_tokens",
        ),
        (ValidationError, "unsupported_parameter", "max_completion_tokens"),
    ),
    "value out of range": (
        400,
        _openai("Invalid 'temperature': decimal above maximum value.", code="decimal_above_max"),
        (ValidationError, "decimal_above_max", "temperature"),
    ),
    "image that is none": (
        400,
        _openai("You uploaded an unsupported image.", code="invalid_image_format"),
        (ValidationError, "invalid_image_format", "unsupported image"),
    ),
    "call without its result": (
        400,
        _openai("An assistant message with 'tool_calls' must be followed by tool messages."),
        (ValidationError, "invalid_request_error", "must be followed"),
    ),
    "policy": (
        400,
        _openai("Your request was rejected.", code="content_policy_violation"),
        (ContentFilterError, "content_policy_violation", "rejected"),
    ),
    "too many tokens a minute": (
        429,
        _openai("Rate limit reached for gpt-4o on TPM", "tokens", "rate_limit_exceeded"),
        (RateLimitError, "rate_limit_exceeded", "TPM"),
    ),
    "quota": (
        429,
        _openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"),
        (InsufficientCreditsError, "insufficient_quota", "current quota"),
    ),
    "account that is not active": (
        429,
        _openai("Your account is not active", "billing_not_active", "billing_not_active"),
        (InsufficientCreditsError, "billing_not_active", "not active"),
    ),
    "its own failure": (
        500,
        _openai("The server had an error while processing your request.", "server_error"),
        (ProviderError, "server_error", "had an error"),
    ),
    "overload": (
        503,
        _openai("The engine is currently overloaded", "overloaded_error"),
        (OverloadedError, "overloaded_error", "currently overloaded"),
    ),
}

SERVERS = {
    "azure filter": (
        400,
        {
            "error": {
                "message": "The response was filtered due to the prompt triggering a policy.",
                "type": None,
                "param": "prompt",
                "code": "content_filter",
                "status": 400,
                "innererror": {
                    "code": "ResponsibleAIPolicyViolation",
                    "content_filter_result": {"hate": {"filtered": True, "severity": "high"}},
                },
            }
        },
        (ContentFilterError, "content_filter", "was filtered"),
    ),
    "azure key": (
        401,
        {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}},
        (AuthenticationError, "401", "subscription key"),
    ),
    "azure gateway": (
        401,
        {"statusCode": 401, "message": "Unauthorized. Access token is missing."},
        (AuthenticationError, None, "Access token is missing"),
    ),
    "azure deployment": (
        404,
        {"error": {"code": "DeploymentNotFound", "message": "The deployment does not exist."}},
        (ModelNotFoundError, "DeploymentNotFound", "deployment"),
    ),
    "groq key": (
        401,
        {
            "error": {
                "message": "Invalid API Key",
                "type": "invalid_request_error",
                "code": "invalid_api_key",
            }
        },
        (AuthenticationError, "invalid_api_key", "Invalid API Key"),
    ),
    "groq tool": (
        400,
        {
            "error": {
                "message": "Failed to call a function. See 'failed_generation' for details.",
                "type": "invalid_request_error",
                "code": "tool_use_failed",
                "failed_generation": "<function=f{}",
            }
        },
        (ValidationError, "tool_use_failed", "Failed to call"),
    ),
    "groq too large": (
        413,
        {
            "error": {
                "message": "Request too large on tokens per minute (TPM): Limit 6000.",
                "type": "tokens",
                "code": "rate_limit_exceeded",
            }
        },
        (ValidationError, "rate_limit_exceeded", "too large"),
    ),
    "mistral extra field": (
        422,
        {
            "object": "error",
            "message": {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "seed"],
                        "msg": "Extra inputs are not permitted",
                        "input": "a prompt that nobody may see",
                    }
                ]
            },
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        },
        (ValidationError, "invalid_request_error", "body.seed: Extra inputs are not permitted"),
    ),
    "mistral model": (
        400,
        {
            "object": "error",
            "message": "Invalid model: large",
            "type": "invalid_model",
            "param": None,
            "code": "1500",
        },
        (ValidationError, "1500", "Invalid model: large"),
    ),
    "mistral context": (
        400,
        {
            "object": "error",
            "message": "Prompt contains 40000 tokens, too large for model with 32768 maximum "
            "context length",
            "type": "invalid_request_prompt",
            "param": None,
            "code": "3051",
            "raw_status_code": 400,
        },
        (ContextWindowExceededError, "3051", "40000"),
    ),
    "mistral capacity": (
        429,
        {
            "object": "error",
            "message": "Service tier capacity exceeded for this model.",
            "type": "service_tier_capacity_exceeded",
            "param": None,
            "code": "3505",
        },
        (RateLimitError, "3505", "capacity exceeded"),
    ),
    "mistral key": (
        401,
        {"detail": "Unauthorized"},
        (AuthenticationError, None, "Unauthorized"),
    ),
    "deepseek balance": (
        402,
        _openai("Insufficient Balance", "unknown_error", "invalid_request_error"),
        (InsufficientCreditsError, "invalid_request_error", "Insufficient Balance"),
    ),
    "deepseek key": (
        401,
        _openai("Authentication Fails", "authentication_error", "invalid_request_error"),
        (AuthenticationError, "invalid_request_error", "Authentication Fails"),
    ),
    "openrouter upstream": (
        429,
        {
            "error": {
                "message": "Provider returned error",
                "code": 429,
                "metadata": {
                    "raw": "m/model:free is temporarily rate-limited upstream.",
                    "provider_name": "Chutes",
                },
            },
            "user_id": "user_2a",
        },
        (RateLimitError, "429", "Provider returned error (Chutes: m/model:free is temporarily"),
    ),
    "openrouter moderation": (
        403,
        {
            "error": {
                "message": "m/model requires moderation. Your input was flagged.",
                "code": 403,
                "metadata": {
                    "reasons": ["violence"],
                    "flagged_input": "a prompt that nobody may see",
                    "provider_name": "OpenAI",
                    "model_slug": "m/model",
                },
            }
        },
        (PermissionDeniedError, "403", "requires moderation"),
    ),
    "openrouter credits": (
        402,
        {"error": {"message": "Insufficient credits.", "code": 402}},
        (InsufficientCreditsError, "402", "Insufficient credits"),
    ),
    "together model": (
        404,
        {
            "id": "nz1",
            "error": {
                "message": "Unable to access model x.",
                "type": "invalid_request_error",
                "param": None,
                "code": "model_not_available",
            },
        },
        (ModelNotFoundError, "model_not_available", "Unable to access"),
    ),
    "together input": (
        422,
        _openai("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097"),
        (ValidationError, "invalid_request_error", "4097"),
    ),
    "fireworks model": (
        404,
        {
            "error": {
                "object": "error",
                "type": "invalid_request_error",
                "code": "NOT_FOUND",
                "message": "Model not found, inaccessible, and/or not deployed",
            }
        },
        (ModelNotFoundError, "NOT_FOUND", "not deployed"),
    ),
    "fireworks extra field": (
        400,
        {
            "error": {
                "object": "error",
                "type": "invalid_request_error",
                "message": "Extra inputs are not permitted, field: 'stream_options'",
            }
        },
        (ValidationError, "invalid_request_error", "stream_options"),
    ),
    "xai argument": (
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Argument not supported on this model: presencePenalty",
        },
        (ValidationError, "Client specified an invalid argument", "presencePenalty"),
    ),
    "xai model": (
        404,
        {
            "code": "Some requested entity was not found",
            "error": "The model grok-0 does not exist or your team has no access to it.",
        },
        (ModelNotFoundError, "Some requested entity was not found", "grok-0"),
    ),
    "xai exhausted": (
        429,
        {"code": "Some resource has been exhausted", "error": "Too many requests for team."},
        (RateLimitError, "Some resource has been exhausted", "Too many"),
    ),
    "cerebras model": (
        404,
        {
            "message": "Model m does not exist or you do not have access to it.",
            "type": "not_found_error",
            "param": "model",
            "code": "model_not_found",
        },
        (ModelNotFoundError, "model_not_found", "Model m does not exist"),
    ),
    "cerebras context": (
        400,
        {
            "message": "Please reduce the length of the messages or completion.",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        },
        (ContextWindowExceededError, "context_length_exceeded", "reduce the length"),
    ),
    "cerebras tokens": (
        429,
        {
            "message": "Tokens per minute limit exceeded.",
            "type": "too_many_tokens_error",
            "param": "quota",
            "code": "token_quota_exceeded",
        },
        (RateLimitError, "token_quota_exceeded", "per minute"),
    ),
    "perplexity model": (
        400,
        {"error": {"message": "Invalid model 'x'.", "type": "invalid_model", "code": 400}},
        (ValidationError, "400", "Invalid model 'x'"),
    ),
    "perplexity messages": (
        400,
        {
            "error": {
                "message": ["At body -> messages -> 0 -> content: Field required", "And more"],
                "type": "bad_request",
                "code": 400,
            }
        },
        (ValidationError, "400", "content: Field required; And more"),
    ),
    "perplexity key": (
        401,
        "<html><head><title>401 Authorization Required</title></head></html>",
        (AuthenticationError, None, "401 Authorization Required"),
    ),
    "nvidia model": (
        404,
        {
            "status": 404,
            "title": "Not Found",
            "detail": "Function '23d4': Not found for account 'Qa'",
        },
        (ModelNotFoundError, None, "Not found for account"),
    ),
    "nvidia key": (
        403,
        {"status": 403, "title": "Forbidden", "detail": "Authorization failed"},
        (PermissionDeniedError, None, "Authorization failed"),
    ),
    "nvidia problem": (
        400,
        {
            "type": "urn:inference-service:problem-details:bad-request",
            "title": "Bad Request",
            "status": 400,
            "detail": "Inference error",
            "instance": "/v1/chat/completions",
            "requestId": "5d",
        },
        (ValidationError, "urn:inference-service:problem-details:bad-request", "Inference error"),
    ),
    "moonshot quota": (
        429,
        {
            "error": {
                "message": "Your account is suspended, please check your billing details",
                "type": "exceeded_current_quota_error",
            }
        },
        (InsufficientCreditsError, "exceeded_current_quota_error", "suspended"),
    ),
    "moonshot context": (
        400,
        {
            "error": {
                "message": "Invalid request: Your request exceeded model token limit: 8192",
                "type": "invalid_request_error",
            }
        },
        (ContextWindowExceededError, "invalid_request_error", "8192"),
    ),
    "moonshot filter": (
        400,
        {"error": {"message": "It was considered high risk", "type": "content_filter"}},
        (ContentFilterError, "content_filter", "high risk"),
    ),
    "dashscope context": (
        400,
        {
            "error": {
                "code": "invalid_parameter_error",
                "param": None,
                "message": "<400> InternalError.Algo.InvalidParameter: Range of input length "
                "should be [1, 30720]",
                "type": "invalid_request_error",
            },
            "id": "chatcmpl-07",
            "request_id": "07df",
        },
        (ContextWindowExceededError, "invalid_parameter_error", "30720"),
    ),
    "dashscope filter": (
        400,
        {
            "error": {
                "code": "data_inspection_failed",
                "param": None,
                "message": "Input data may contain inappropriate content.",
                "type": "data_inspection_failed",
            },
            "request_id": "07df",
        },
        (ContentFilterError, "data_inspection_failed", "inappropriate"),
    ),
    "huggingface model": (
        400,
        _openai("The requested model 'x' is not supported.", code="model_not_supported"),
        (ValidationError, "model_not_supported", "not supported"),
    ),
    "huggingface credits": (
        402,
        {"error": "You have exceeded your monthly included credits for Inference Providers."},
        (InsufficientCreditsError, None, "monthly included credits"),
    ),
    "ollama model": (
        404,
        {"error": "model 'x' not found"},
        (ModelNotFoundError, None, "model 'x' not found"),
    ),
    "ollama compatible": (
        404,
        _openai("model 'x' not found", "not_found_error"),
        (ModelNotFoundError, "not_found_error", "model 'x' not found"),
    ),
    "ollama tools": (
        400,
        _openai("registry.ollama.ai/library/x does not support tools", "api_error"),
        (ValidationError, "api_error", "does not support tools"),
    ),
    "lmstudio context": (
        400,
        {"error": "The number of tokens to keep is greater than the context length."},
        (ContextWindowExceededError, None, "tokens to keep"),
    ),
    "vllm context": (
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        (ContextWindowExceededError, "400", "4096"),
    ),
    "vllm model": (
        404,
        _openai("The model `x` does not exist.", "NotFoundError", 404),
        (ModelNotFoundError, "404", "does not exist"),
    ),
    "vllm route": (
        404,
        {"detail": "Not Found"},
        (ProviderError, None, "Not Found"),
    ),
    "vllm key": (
        401,
        {"error": "Unauthorized"},
        (AuthenticationError, None, "Unauthorized"),
    ),
    "llamacpp context": (
        400,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size.",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 1407,
                "n_ctx": 256,
            }
        },
        (ContextWindowExceededError, "400", "available context size"),
    ),
    "llamacpp loading": (
        503,
        {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        (ProviderError, "503", "Loading model"),
    ),
    "llamacpp key": (
        401,
        {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}},
        (AuthenticationError, "401", "Invalid API Key"),
    ),
    "fastapi": (
        422,
        {"detail": [{"loc": ["body", "messages", 0, "role"], "msg": "field required"}]},
        (ValidationError, None, "body.messages.0.role: field required"),
    ),
    "cloudflare": (
        400,
        {"success": False, "errors": [{"code": 7000, "message": "No route for that URI"}]},
        (ValidationError, "7000", "No route for that URI"),
    ),
    "cloudflare context": (
        400,
        {"errors": [{"message": "9 tokens exceed the context window limit (8)", "code": 5021}]},
        (ContextWindowExceededError, "5021", "exceed the context window"),
    ),
    "zhipu balance": (
        429,
        {"error": {"code": "1113", "message": "Insufficient balance. Please recharge."}},
        (InsufficientCreditsError, "1113", "Please recharge"),
    ),
    "zhipu concurrency": (
        429,
        {"error": {"code": "1302", "message": "Concurrency too high"}},
        (RateLimitError, "1302", "Concurrency"),
    ),
    "zhipu context": (
        400,
        {"error": {"code": "1261", "message": "Prompt exceeds max length"}},
        (ContextWindowExceededError, "1261", "exceeds max length"),
    ),
    "zhipu filter": (
        400,
        {"contentFilter": [{"level": 1}], "error": {"code": "1301", "message": "Unsafe input"}},
        (ContentFilterError, "1301", "Unsafe input"),
    ),
    "minimax balance": (
        429,
        {"error": {"type": "insufficient_balance_error", "message": "No balance (1008)"}},
        (InsufficientCreditsError, "insufficient_balance_error", "No balance"),
    ),
    "minimax context": (
        400,
        {"error": {"type": "bad_request_error", "message": "context window exceeds limit (2013)"}},
        (ContextWindowExceededError, "bad_request_error", "context window"),
    ),
    "siliconflow context": (
        400,
        {
            "code": 20015,
            "message": "prompt_tokens (9) must be less than max_seq_len (8).",
            "data": 0,
        },
        (ContextWindowExceededError, "20015", "max_seq_len"),
    ),
    "copilot context": (
        400,
        {
            "error": {
                "message": "prompt token count of 9 exceeds the limit of 8",
                "code": "model_max_prompt_tokens_exceeded",
            }
        },
        (ContextWindowExceededError, "model_max_prompt_tokens_exceeded", "token count"),
    ),
    "bedrock context": (
        400,
        {"error": {"code": "validation_error", "message": "Input is too long for this model."}},
        (ContextWindowExceededError, "validation_error", "too long"),
    ),
    "older vllm context": (
        400,
        {
            "error": {
                "code": 400,
                "message": "(length 9) is longer than the maximum model length of 8",
            }
        },
        (ContextWindowExceededError, "400", "maximum model length"),
    ),
    "google key": (
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "Key not valid.",
                    "status": "INVALID_ARGUMENT",
                    "details": [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}],
                }
            }
        ],
        (AuthenticationError, "400", "Key not valid"),
    ),
    "google argument": (
        400,
        [{"error": {"code": 400, "message": "Bad value", "details": [{"reason": "OTHER"}, 7]}}],
        (ValidationError, "400", "Bad value"),
    ),
    "deepinfra credits": (
        402,
        {"detail": {"error": "Enter a payment method"}},
        (InsufficientCreditsError, None, "Enter a payment method"),
    ),
    "writer": (
        400,
        {"tpe": "bad", "errors": [{"description": "No such model", "key": "fail"}], "extras": {}},
        (ValidationError, None, "No such model"),
    ),
}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [pytest.param(*row, id=name) for name, row in {**OPENAI, **SERVERS}.items()],
)
def test_failure_of_a_server_is_told_as_it_means_it(status, body, expected):
    """By class, code and words, with the id of the request; what was sent is in none of it."""
    headers = {"x-request-id": "req_7"}
    error = OpenAIChatCodec().map_error(ErrorFacts(status=status, headers=headers, body=body))
    cls, code, words = expected
    assert (type(error), error.code, error.status_code) == (cls, code, status)
    assert words in error.message
    assert (error.request_id, error.body) == ("req_7", body)
    assert "nobody may see" not in str(error)


# In an answer with status 200, whole or as an event.
INSIDE = {
    "openrouter": (
        {"error": {"message": "Internal Server Error", "code": 500}, "user_id": "user_2a"},
        (ProviderError, "500", "Internal Server Error"),
    ),
    "openrouter in a stream": (
        {
            "id": "gen-1",
            "object": "chat.completion.chunk",
            "provider": "Chutes",
            "error": {"code": "server_error", "message": "Provider disconnected"},
            "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
        },
        (ProviderError, "server_error", "Provider disconnected"),
    ),
    "openrouter upstream": (
        {
            "error": {
                "message": "Provider returned error",
                "code": 429,
                "metadata": {"raw": '{"error":"slow down"}', "provider_name": "Z"},
            }
        },
        (RateLimitError, "429", 'Provider returned error (Z: {"error":"slow down"})'),
    ),
    "groq": (
        {"error": {"message": "Over capacity", "type": "internal_server_error", "code": None}},
        (ProviderError, "internal_server_error", "Over capacity"),
    ),
    "vllm": (
        {"error": {"message": "boom", "type": "BadRequestError", "param": None, "code": 400}},
        (ValidationError, "400", "boom"),
    ),
    "vllm object": (
        {"object": "error", "message": "boom", "type": "InternalServerError", "code": 500},
        (ProviderError, "500", "boom"),
    ),
    "llamacpp": (
        {"error": {"code": 400, "message": "too big", "type": "exceed_context_size_error"}},
        (ContextWindowExceededError, "400", "too big"),
    ),
    "cerebras": (
        {"message": "Too busy", "type": "too_many_requests_error", "code": "too_many_requests"},
        (RateLimitError, "too_many_requests", "Too busy"),
    ),
    "text with a status": (
        {"error": "slow down", "code": 429},
        (RateLimitError, "429", "slow down"),
    ),
    "problem": (
        {"status": 401, "title": "Unauthorized", "detail": "Bad token"},
        (AuthenticationError, None, "Bad token"),
    ),
    **{
        f"minimax {number}": (
            {"base_resp": {"status_code": number, "status_msg": "It went wrong"}, **fields},
            (cls, str(number), "It went wrong"),
        )
        for number, cls, fields in (
            (1000, ProviderError, {}),
            (1001, RequestTimeoutError, {"choices": []}),
            (1002, RateLimitError, {"choices": None}),
            (1004, AuthenticationError, {}),
            (1008, InsufficientCreditsError, {"id": "0a", "choices": None, "usage": {}}),
            (1026, ContentFilterError, {"choices": None, "input_sensitive": True}),
            (2013, ValidationError, {}),
            (2049, AuthenticationError, {}),
            (2056, RateLimitError, {}),
        )
    },
}


@pytest.mark.parametrize(
    ("body", "expected"), [pytest.param(*row, id=name) for name, row in INSIDE.items()]
)
def test_failure_inside_an_answer_is_told_as_the_server_means_it(body, expected):
    """As an event it is the same as in the place of a whole answer."""
    cls, code, words = expected
    event = Event(json.dumps(body).encode())
    errors = []
    for read in (OpenAIChatCodec().stream_decoder().feed, OpenAIChatCodec().parse_chat):
        if read.__name__ == "parse_chat" and body.get("choices"):
            continue
        with pytest.raises(LLMError) as caught:
            read(event if read.__name__ == "feed" else body)
        errors.append(caught.value)
    for error in errors:
        assert (type(error), error.code, error.status_code) == (cls, code, None)
        assert words in error.message


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"x-request-id": "a"}, {"request_id": "b"}, "a"),
        ({}, {"error": {"message": "m"}, "request_id": "b"}, "b"),
        ({}, {"error": "m", "request_id": 7}, None),
        ({"apim-request-id": "c"}, {"error": "m"}, "c"),
        ({"mistral-correlation-id": "d"}, {"error": "m"}, "d"),
        ({"nvcf-reqid": "e"}, {"error": "m"}, "e"),
        ({"x-litellm-call-id": "f"}, {"error": "m"}, "f"),
        ({"x-litellm-call-id": "f", "request-id": "g"}, {"error": "m"}, "g"),
        ({}, "request_id", None),
    ],
)
def test_request_id_is_found_where_a_server_puts_it(headers, body, expected):
    """In a header of its own, else in the document."""
    error = OpenAIChatCodec().map_error(ErrorFacts(status=400, headers=headers, body=body))
    assert error.request_id == expected


@pytest.mark.parametrize(
    "body",
    [
        {"type": "message_start", "message": {"id": "m"}},
        {"type": "ping"},
        {"message": "Hello"},
        {"message": "No route", "code": 404},
        {"title": "A page", "detail": "of something"},
        {"choices": [{"message": {"content": "x"}}], "message": "ok", "code": 0},
        {"base_resp": {"status_code": 0, "status_msg": "success"}},
        {"base_resp": "1004"},
    ],
)
def test_document_that_is_no_error_is_taken_for_none(body):
    """Another wire's event, or an answer with a word beside it."""
    from llm_connectivity.wires.openai_chat.errors import told_error

    assert told_error(body) is None
