"""Facts as data: machines, accelerators, topologies, models, images, prices, releases.

Every row says where it comes from (`source`) and when it was read (`as_of`).
"""
