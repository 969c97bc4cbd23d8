"""The servers that speak OpenAI's wire and come with the package, as data.

A row says what such a server takes, as far as its documentation or its own errors tell. What a
single model of it lacks is left to the server to say.
"""

from __future__ import annotations

from .base import ProviderSpec

_IMAGES = frozenset({"image_url"})
_IMAGES_AND_AUDIO = frozenset({"image_url", "input_audio"})
_EVERYTHING = frozenset({"image_url", "input_audio", "file", "file_url"})

HOSTED = (
    ProviderSpec(
        name="groq",
        base_url="https://api.groq.com/openai/v1",
        key_variables=("GROQ_API_KEY",),
        max_tokens_field="max_completion_tokens",
        refuses=frozenset({"n"}),
        takes=_IMAGES,
        docs="https://console.groq.com/docs/openai",
    ),
    ProviderSpec(
        name="mistral",
        base_url="https://api.mistral.ai/v1",
        key_variables=("MISTRAL_API_KEY",),
        # Fields that it does not know are errors; a seed is its random_seed. Usage comes unasked.
        # https://github.com/mistralai/platform-docs-public/issues/7
        refuses=frozenset({"seed", "user"}),
        takes=_IMAGES_AND_AUDIO,
        counts_streams=False,
        # "Tool call id was ... but must be a-z, A-Z, 0-9, with a length of 9."
        call_ids="[a-zA-Z0-9]{9}",
        message_keys=frozenset(),
        docs="https://docs.mistral.ai/api/endpoint/chat",
    ),
    ProviderSpec(
        name="deepseek",
        base_url="https://api.deepseek.com",
        key_variables=("DEEPSEEK_API_KEY",),
        takes=frozenset({"image_url", "file"}),
        docs="https://api-docs.deepseek.com/api/create-chat-completion",
    ),
    ProviderSpec(
        name="openrouter",
        base_url="https://openrouter.ai/api/v1",
        key_variables=("OPENROUTER_API_KEY",),
        reasoning_field="reasoning",
        takes=_EVERYTHING,
        keeps_prompts=True,
        docs="https://openrouter.ai/docs/api/reference/overview",
    ),
    ProviderSpec(
        name="together",
        base_url="https://api.together.xyz/v1",
        key_variables=("TOGETHER_API_KEY",),
        takes=_IMAGES_AND_AUDIO,
        docs="https://docs.together.ai/docs/openai-api-compatibility",
    ),
    ProviderSpec(
        name="fireworks",
        base_url="https://api.fireworks.ai/inference/v1",
        key_variables=("FIREWORKS_API_KEY",),
        takes=_IMAGES,
        # Usage comes unasked; asked for, it was an error.
        # https://github.com/FlowiseAI/Flowise/issues/2866
        counts_streams=False,
        docs="https://docs.fireworks.ai/tools-sdks/openai-compatibility",
    ),
    ProviderSpec(
        name="xai",
        base_url="https://api.x.ai/v1",
        key_variables=("XAI_API_KEY",),
        max_tokens_field="max_completion_tokens",
        # https://github.com/open-webui/open-webui/issues/21266
        refuses=frozenset({"presence_penalty"}),
        takes=frozenset({"image_url", "file"}),
        docs="https://docs.x.ai/docs/api-reference",
    ),
    ProviderSpec(
        name="cerebras",
        base_url="https://api.cerebras.ai/v1",
        key_variables=("CEREBRAS_API_KEY",),
        max_tokens_field="max_completion_tokens",
        refuses=frozenset({"frequency_penalty", "presence_penalty"}),
        takes=_IMAGES,
        docs="https://inference-docs.cerebras.ai/resources/openai",
    ),
    ProviderSpec(
        name="perplexity",
        base_url="https://api.perplexity.ai",
        key_variables=("PERPLEXITY_API_KEY", "PPLX_API_KEY"),
        # https://github.com/pipecat-ai/pipecat/pull/4862
        refuses=frozenset({"tools", "tool_choice", "parallel_tool_calls"}),
        takes=_IMAGES,
        counts_streams=False,  # each event has its usage
        docs="https://docs.perplexity.ai/docs/sonar/openai-compatibility",
    ),
    ProviderSpec(
        name="nvidia",
        base_url="https://integrate.api.nvidia.com/v1",
        key_variables=("NVIDIA_API_KEY",),
        takes=_IMAGES_AND_AUDIO,
        docs="https://docs.api.nvidia.com/nim/reference/llm-apis",
    ),
    ProviderSpec(
        name="moonshot",
        base_url="https://api.moonshot.ai/v1",
        key_variables=("MOONSHOT_API_KEY",),
        takes=_IMAGES,
        docs="https://platform.kimi.ai/docs/overview",
    ),
    ProviderSpec(
        name="dashscope",
        base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        key_variables=("DASHSCOPE_API_KEY",),
        reasoning_field="thinking_budget",
        takes=_IMAGES_AND_AUDIO,
        docs="https://www.alibabacloud.com/help/en/model-studio/qwen-api-via-openai-chat-completions",
    ),
    ProviderSpec(
        name="huggingface",
        base_url="https://router.huggingface.co/v1",
        key_variables=("HF_TOKEN",),
        docs="https://huggingface.co/docs/inference-providers/tasks/chat-completion",
    ),
)

# They run on a machine of one's own and want a key only where they were started with one.
LOCAL = (
    ProviderSpec(
        name="ollama",
        base_url="http://localhost:11434/v1",
        key_variables=("OLLAMA_API_KEY",),
        needs_key=False,
        takes=_IMAGES,
        docs="https://docs.ollama.com/api/openai-compatibility",
    ),
    ProviderSpec(
        name="lmstudio",
        base_url="http://localhost:1234/v1",
        key_variables=("LM_API_TOKEN",),
        needs_key=False,
        takes=_IMAGES,
        docs="https://lmstudio.ai/docs/developer/openai-compat",
    ),
    ProviderSpec(
        name="vllm",
        base_url="http://localhost:8000/v1",
        key_variables=("VLLM_API_KEY",),
        needs_key=False,
        takes=_IMAGES_AND_AUDIO,
        docs="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
    ),
    ProviderSpec(
        name="llamacpp",
        base_url="http://localhost:8080/v1",
        key_variables=("LLAMA_API_KEY",),
        needs_key=False,
        takes=_IMAGES_AND_AUDIO,
        docs="https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
    ),
)

COMPATIBLE = (*HOSTED, *LOCAL)
