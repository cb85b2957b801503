"""Samråd against certified libraries of others: npm's openid-client, oauth4webapi and oidc-provider.

The scripts are in `tests/node`. Each is a process that is told what to do as JSON and answers in JSON.
"""
