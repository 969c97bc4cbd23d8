"""Fork while another thread imports an SDK; the child asks, and says what has come.

Run on its own, since an SDK is imported once in a process: importing.py <model> <base_url>
"""

from __future__ import annotations

import os
import sys
import threading
import time

from llm_connectivity import LLMClient
from tests.faults.children import untraced

model, base_url = sys.argv[1:]
sdk = {"openai": "openai", "anthropic": "anthropic", "google": "google.genai"}[
    model.partition("/")[0]
]
client = LLMClient(model, api_key="k" * 20, base_url=base_url)
thread = threading.Thread(target=untraced(client.chat), args=("Hi",))
thread.start()
while sdk not in sys.modules:
    time.sleep(0.001)
pid = os.fork()
if pid == 0:
    os.write(1, client.chat("Hi").content.encode())
    os._exit(0)
thread.join()
os.waitpid(pid, 0)
