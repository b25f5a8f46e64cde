"""What Tanggap's services say to one another, and what posts say to them.

Owns the envelope, the vocabulary, every event's shape and the catalogue of types. Needs pydantic and the
standard library only; imports neither the kit nor a service.
"""
