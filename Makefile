# Shortcuts. Each line works as well when typed by hand.
.PHONY: setup run test check bench

setup:  ## an environment with everything that testing needs
	python3 -m venv .venv && .venv/bin/pip install -e '.[test]'

run:  ## a whole service on this machine, with a small office to try
	.venv/bin/madoguchi up --office queue_service/samples/tryout.yaml

test:  ## all tests; one: .venv/bin/pytest -k two_desks
	.venv/bin/pytest

check:  ## style, types, who imports whom, unused dependencies
	.ci/run check

bench:  ## how fast, on this machine
	.venv/bin/python -m tests.benchmarks
