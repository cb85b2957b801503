"""The database under the services: PostgreSQL, and nothing else.

By default the program brings its own (`embedded`); with a database address in the settings it uses that one.
What is here knows engines, pools and transactions; tables and statements belong to the services.
"""
