"""`python -m stackgen` is the same program as `stackgen`."""

from stackgen.start import run

if __name__ == "__main__":
    run()
