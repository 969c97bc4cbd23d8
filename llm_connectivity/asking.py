"""`chat` and `chat_stream`: the arguments of a call, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import checks
from .arguments import Settings, build_call
from .calls import Call
from .chat import answer_whole
from .hooks import Hooks
from .lifetime import Lifetime
from .providers.base import Adapter
from .secret import forgotten
from .stream import ChatStream
from .types import ChatResponse, Messages


class Asking:
    """What can be asked of a client; how one is made and closed is `LLMClient`'s."""

    _settings: Settings
    _lifetime: Lifetime

    def chat(
        self,
        messages: Messages,
        *,
        model: str | None = None,
        provider: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        top_p: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
        frequency_penalty: float | None = None,
        presence_penalty: float | None = None,
        user: str | None = None,
        tools: Sequence[Mapping[str, Any]] | None = None,
        tool_choice: str | Mapping[str, Any] | None = None,
        parallel_tool_calls: bool | None = None,
        reasoning: str | int | None = None,
        response_format: Mapping[str, Any] | None = None,
        n: int | None = None,
        timeout: float | None = None,
        idle_timeout: float | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        fallbacks: Sequence[str | Adapter] | None = None,
        drop_unsupported: bool | None = None,
        raise_on_filter: bool = False,
        hooks: Hooks | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        **vendor: Any,
    ) -> ChatResponse:
        """Ask, and wait for the whole answer.

        Args:
            messages: A string (one user message), or a list of ``{"role", "content"}`` dicts;
                ``content`` is a string or a list of parts: texts, and what `image`, `pdf` and
                `audio` make.
            model: Another model of the client's provider, or ``"provider/model"`` of another one,
                which is asked with its own key and address.
            provider: Another provider; ``model`` is then taken as it is.
            temperature: How random the answer is, from 0 to 2; on Anthropic to 1.
            max_tokens: Most tokens the answer may have.
            top_p: Choose among the likeliest tokens that have this probability together, 0 to 1.
            stop: Where the answer ends: one text or several.
            seed: Same seed, same answer, as far as the provider keeps to it.
            frequency_penalty: Avoid tokens the more often they have occurred, -2 to 2.
            presence_penalty: Avoid tokens that have occurred at all, -2 to 2.
            user: Your name for the end user.
            tools: Functions the model may call, in OpenAI's form: ``{"type": "function",
                "function": {"name", "description", "parameters"}}``, the last a JSON schema; other
                dicts are tools of the provider's own and go as they are.
            tool_choice: ``"auto"``, ``"none"``, ``"required"``, or a dict that names a function.
            parallel_tool_calls: Whether an answer may call several functions.
            reasoning: How long the model thinks first: ``"low"``, ``"medium"``, ``"high"``, or a
                number of tokens where the provider takes one.
            response_format: ``{"type": "json_object"}``, or ``{"type": "json_schema",
                "json_schema": {"name", "schema", "strict"}}``.
            n: How many answers; not with streams.
            timeout: Seconds for each wait.
            idle_timeout: Seconds without anything new; of streams only.
            deadline: Seconds for the whole call, retries included.
            max_retries: Retries after the first try.
            fallbacks: Who is asked instead where the model fails; ``()``: nobody.
            drop_unsupported: Leave out options that the provider lacks, with a warning.
            raise_on_filter: Make an answer that a content filter cut a `ContentFilterError`.
            hooks: Functions that are told of this call, besides the client's.
            extra_headers: HTTP headers.
            extra_body: Goes into the request body as it is, dicts merged deeply.
            extra_query: Query parameters.
            **vendor: Other keywords go to the root of the request body as they are.

        Raises:
            ValidationError: An argument is wrong; nothing has been sent.
            AuthenticationError: It goes to another provider, and there is no key.
            LLMError: The last try failed; see `llm_connectivity.errors`.
        """
        given = dict(locals())
        # A traceback with locals shows none of it.
        del messages, extra_headers, extra_body, extra_query, vendor
        return answer_whole(self._lifetime.watch_call(self._prepare(given, stream=False)))

    def chat_stream(  # noqa: D417 - the arguments are documented once, at chat
        self,
        messages: Messages,
        *,
        model: str | None = None,
        provider: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        top_p: float | None = None,
        stop: str | Sequence[str] | None = None,
        seed: int | None = None,
        frequency_penalty: float | None = None,
        presence_penalty: float | None = None,
        user: str | None = None,
        tools: Sequence[Mapping[str, Any]] | None = None,
        tool_choice: str | Mapping[str, Any] | None = None,
        parallel_tool_calls: bool | None = None,
        reasoning: str | int | None = None,
        response_format: Mapping[str, Any] | None = None,
        n: int | None = None,
        timeout: float | None = None,
        idle_timeout: float | None = None,
        deadline: float | None = None,
        max_retries: int | None = None,
        fallbacks: Sequence[str | Adapter] | None = None,
        drop_unsupported: bool | None = None,
        raise_on_filter: bool = False,
        hooks: Hooks | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        accumulate: bool = True,
        on_token: Callable[[str], object] | None = None,
        **vendor: Any,
    ) -> ChatStream:
        """Ask, and read the answer as it comes.

        Arguments are checked now, the request is sent with the first ``next()``. All arguments
        but two are those of `chat`.

        Args:
            accumulate: Keep the text, for ``.text``, ``.partial`` and ``.response``; with ``False``
                memory does not grow with the answer.
            on_token: Called with each text; short for ``hooks=Hooks(on_token=...)``.

        Raises:
            ValidationError: An argument is wrong; nothing has been sent.
            AuthenticationError: It goes to another provider, and there is no key.
        """
        given = dict(locals())
        # A traceback with locals shows none of it.
        del messages, extra_headers, extra_body, extra_query, vendor
        call = self._prepare(given, stream=True)
        stream = ChatStream(
            call,
            max_event_bytes=self._settings.max_event_bytes,
            accumulate=checks.check_flag(accumulate, "accumulate"),
        )
        return self._lifetime.watch(stream)

    def _prepare(self, given: dict[str, Any], *, stream: bool) -> Call:
        with forgotten(given):
            self._lifetime.check()
            return build_call(given, self._lifetime.adapters, self._settings, stream=stream)
