#!/bin/sh
# Makes .venv from the system's own Python and installs the pinned packages into it.
# Does nothing when that was done for the present requirements-dev.txt. PYTHON names another Python.
set -eu
cd "$(dirname "$0")/../.."

stamp=.venv/.counterfoil
wanted=$(cksum <requirements-dev.txt)
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

serves() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; }

if ! { [ -x .venv/bin/python ] && serves .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    python=
    for candidate in ${PYTHON:-} python3.11 python3.12 python3 python; do
        if serves "$candidate"; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "Python 3.11 or 3.12 is needed and was not found: install it (Debian and Ubuntu:" \
            "apt-get install python3 python3-venv; macOS: brew install python@3.12)," \
            "or name one: PYTHON=/path/to/python make setup." >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$python cannot make virtual environments: install its venv package" \
            "(Debian and Ubuntu: apt-get install python3-venv)." >&2
        exit 1
    fi
    echo "Making .venv with $("$python" --version) …"
    "$python" -m venv --clear .venv
fi

echo "Installing the pinned packages …"
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PYTHON_DOWNLOADS=never
python=.venv/bin/python
# uv is several times faster; where it can't be had or reach the packages, pip does the same.
"$python" -m pip install --quiet uv >/dev/null 2>&1 || true
if ! { [ -x .venv/bin/uv ] &&
    .venv/bin/uv pip install --quiet --python "$python" --require-hashes -r requirements-dev.txt; }; then
    "$python" -m pip install --quiet --require-hashes -r requirements-dev.txt || {
        echo "The packages of requirements-dev.txt could not be installed; pip's reason stands above." >&2
        exit 1
    }
fi
# Compiled here once: where PYTHONDONTWRITEBYTECODE is set each process would do it again, for seconds.
"$python" -m compileall -q -j 0 -x '/(tests?|plotly|playwright|mypy|hypothesis|pip|setuptools)/' \
    .venv/lib/python*/site-packages >/dev/null 2>&1 || true
echo "$wanted" >"$stamp"
