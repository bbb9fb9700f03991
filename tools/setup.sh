#!/bin/sh
# Finds a Python that is new enough and hands over to tools/setup.py.  Run from the repository root.
# PYTHON names one: make serve PYTHON=/opt/python3.12/bin/python3

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

for python in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
    if new_enough "$python"; then
        exec "$python" -m tools.setup "$@"
    fi
    # One that the user named is the only one tried.
    [ -z "${PYTHON:-}" ] || break
done

line=$(grep -n '^requires-python' pyproject.toml | cut -d: -f1)
tried=${PYTHON:-python3}
found=$("$tried" -c 'import sys; print("is Python %d.%d.%d" % sys.version_info[:3])' 2>/dev/null) ||
    found='does not run'
echo "pyproject.toml:$line: Python 3.11 or newer is needed, and \`$tried\` $found;" \
    'install one, or name it: make PYTHON=/path/to/python3.12' >&2
exit 1
