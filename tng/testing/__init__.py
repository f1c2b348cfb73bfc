"""A vendor for tests: roots, signers, chips, manifests, dumps and forgeries, from a seed.

Public, so that users can rehearse with it and other decoders can be tested with it. It
needs nothing beside the package's own dependencies. Its keys are known to everybody:
never trust its roots outside a test.

- `tng.testing.microchip`: the Microchip-like vendor and its chips; `tng.testing.parts`: their kinds
- `tng.testing.manifest`: signed entries in every shape, streaming writers
- `tng.testing.forgeries`, `tng.testing.forged_chains`: entries that must not be believed
- `tng.testing.nxp`: the NXP-like vendor; `tng.testing.forged_chips`: chips to refuse
- `tng.testing.dumps`, `tng.testing.sessions`: how people hold its certificates
- `tng.testing.trust_files`: the trust material as PEM files for the command line
- `tng.testing.generate`: makes the files in ``manifests/``
"""
