#!/usr/bin/env bash
# Engine, wire, keyspace, commands and scripting under AddressSanitizer and UBSan:  scripts/sanitize.sh <python> [pytest arguments]
#
# Everything is built a second time, in a copy of the sources below build/sanitize, so that the ordinary modules stay
# as they are; the copy is kept, and the next run builds only what has changed. The servers that the tests start run
# from the copy too. A finding in any process (the test run, a server, a child of it) ends that process, is written to
# a file of its own, and fails the script even if no test noticed.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(realpath -s "${1:?usage: scripts/sanitize.sh <python> [pytest arguments]}")
shift
root=$PWD
tree=$root/build/sanitize/tree
reports=$root/build/sanitize/reports

# --- the copy --------------------------------------------------------------------------------------------------------

mkdir -p "$tree"
tar -C "$root" --exclude='*.so' --exclude=__pycache__ -cf - src tests docs setup.py pyproject.toml | tar -C "$tree" -xf -

cd "$tree"
find src tests -type f ! -path '*/__pycache__/*' | while read -r file; do
    case $file in
        *.so) [ -e "$root/${file%%.*}.pxd" ] || rm "$file" ;;      # built from a pair that is gone
        *) [ -e "$root/$file" ] || rm "$file" ;;
    esac
done

# --- build -----------------------------------------------------------------------------------------------------------

echo "sanitize: building in $tree"
if ! KVIK_SANITIZE=1 KVIK_TESTS=1 "$python" setup.py --quiet build_ext --inplace >../build.log 2>&1; then
    cat ../build.log
    echo "sanitize: the build failed"
    exit 1
fi

# --- run -------------------------------------------------------------------------------------------------------------

rm -rf "$reports"
mkdir -p "$reports"

# Python itself is not instrumented, so the runtimes must be loaded before it. Its own allocator would hide what is
# done to Python's objects (PYTHONMALLOC), and what it never frees are no leaks of ours (detect_leaks).
common="log_path=$reports/report:print_stacktrace=1:allocator_may_return_null=1"
signals="handle_segv=2:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2"     # pytest's faulthandler must not take them
export ASAN_OPTIONS="$common:$signals:detect_leaks=0:quarantine_size_mb=64:strict_string_checks=1"
export UBSAN_OPTIONS="$common:halt_on_error=1"
export PYTHONPATH="$tree/src" PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1
suites=(tests/engine tests/wire tests/keyspace tests/commands tests/scripting tests/faults/test_restore_fuzz.py tests/faults/test_aof_damage.py)
[ $# -eq 0 ] || suites=("$@")

status=0
LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
    "$python" -m pytest -q -n 2 --dist loadgroup --only-kvik -p no:cacheprovider "${suites[@]}" || status=$?

if [ -n "$(ls -A "$reports")" ]; then
    head -n 60 "$reports"/*
    echo "sanitize: $(find "$reports" -type f | wc -l) findings, in $reports"
    exit 1
fi
[ $status -eq 0 ] && echo "sanitize: no findings"
exit $status
