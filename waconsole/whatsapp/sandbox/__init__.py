"""A stateful WhatsApp of our own over HTTP: the Cloud API's paths, its webhooks, and people who answer.

Everything is in memory and ends with the process. Nothing here touches the ledger; what the console
knows of the sandbox it learned over HTTP, as it would of WhatsApp.
"""
