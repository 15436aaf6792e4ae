#!/bin/sh
# Builds the first-party components into plugins/dist and those of the tests into tests/dist, each with its plugins.lock. `--check` builds elsewhere and compares:
# byte for byte with the tool chain that plugins.lock records, by the decisions of every case with another one.
# `--debian` takes Debian's Rust (rustc-web rust-web-src libstd-rust-web-dev lld-22) instead of rustup's wasm target.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
names="retail"
tests="club"
target=wasm32-unknown-unknown
build=${CARGO_TARGET_DIR:-$root/target}
dist=$root/plugins/dist
tests_dist=$root/tests/dist
check=
debian=
for argument in "$@"; do
    case $argument in
    --check) check=1 ;;
    --debian) debian=1 ;;
    *) echo "usage: plugins/build.sh [--check] [--debian]" >&2; exit 2 ;;
    esac
done
if [ -n "$check" ]; then
    dist=$(mktemp -d)
    trap 'rm -rf "$dist"' EXIT
    tests_dist=$dist/tests
fi

has_target() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ] ||
        { command -v rustup >/dev/null && rustup target add "$target"; }
}

compiler=rustc
std=
sources=$(rustc --print sysroot)/lib/rustlib/src/rust
if [ -n "$debian" ] || ! has_target; then
    compiler=/usr/bin/rustc
    linker=$(ls /usr/bin/wasm-ld-* 2>/dev/null | sort -V | tail -1)
    if [ -z "$linker" ] || [ ! -x "$compiler" ]; then
        echo "no $target: run 'rustup target add $target' or install rustc-web rust-web-src libstd-rust-web-dev lld-22" >&2
        exit 1
    fi
    export RUSTC="$compiler" RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker"
    std="-Z build-std=std,panic_abort"
    sources=$("$compiler" --print sysroot)/lib/rustlib/src/rust
    [ -e "$sources" ] && sources=$(readlink -f "$sources")
    build=$build/debian
fi
toolchain=$("$compiler" --version)
cargo_home=${CARGO_HOME:-$HOME/.cargo}

for name in $names $tests; do
    # Separate flags by 0x1f: paths may have blanks. No path of this machine gets into a component.
    CARGO_ENCODED_RUSTFLAGS=$(printf -- '--remap-path-prefix=%s=/cardea\037--remap-path-prefix=%s=/cargo\037--remap-path-prefix=%s=/rust' \
        "$root" "$cargo_home" "$sources") \
        cargo build --locked $std --profile wasm --target "$target" --target-dir "$build" -p "cardea-$name"
done
unset RUSTC RUSTC_BOOTSTRAP
# Components of the plugins in one folder, by their names, and the lock beside them.
pack() {
    from=$1 to=$2
    shift 2
    folders=
    for name in "$@"; do
        cargo run --quiet --locked -p cardea-pack -- component "$build/$target/wasm/cardea_$name.wasm" "$to/$name.wasm"
        folders="$folders $from/$name"
    done
    # shellcheck disable=SC2086
    cargo run --quiet --locked -p cardea-pack -- lock "$to" "$toolchain" $folders
}
# shellcheck disable=SC2086
pack plugins "$dist" $names
# shellcheck disable=SC2086
pack tests "$tests_dist" $tests

if [ -n "$check" ]; then
    if cmp -s "$dist/plugins.lock" plugins/dist/plugins.lock && cmp -s "$tests_dist/plugins.lock" tests/dist/plugins.lock; then
        echo "plugins/dist and tests/dist are what these sources build, byte for byte"
    elif grep -qF "\"toolchain\": \"$toolchain\"" plugins/dist/plugins.lock; then
        echo "plugins/dist or tests/dist differs from what these sources build: run plugins/build.sh" >&2
        diff "$dist/plugins.lock" plugins/dist/plugins.lock >&2 || true
        diff "$tests_dist/plugins.lock" tests/dist/plugins.lock >&2 || true
        exit 1
    else
        echo "built by $toolchain, not by the recorded one: comparing the decisions of every case"
        CARDEA_PLUGIN_DIST=$dist cargo test --locked -p cardea-tests native_and_component
    fi
fi
