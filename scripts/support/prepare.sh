# SPDX-License-Identifier: BSD-3-Clause
# Sourced by scripts/walkthrough and scripts/test: finds out what is missing on this machine and
# installs it with apt. Says nothing about what is there already.

# Prints its arguments and ends the script.
die() {
    printf '%s\n' "$@" >&2
    exit 1
}

has() { command -v "$1" > /dev/null; }
has_any() {
    local name
    for name in "$@"; do has "$name" && return; done
    return 1
}
# Is there one of these headers? (Without a compiler nothing is known of headers: no.)
has_header() {
    has c++ || return
    local name
    for name in "$@"; do
        printf '#if !__has_include(<%s>)\n#error\n#endif\n' "$name" |
            c++ -E -x c++ - > /dev/null 2>&1 && return
    done
    return 1
}

missing=()
# need PACKAGES TEST...: unless TEST succeeds, the first of PACKAGES (a|b|c) that apt knows is
# installed.
need() {
    "${@:2}" || missing+=("$1")
}

# What every part of the project needs to be built.
need_library() {
    need g++ has c++
    need cmake has cmake
    need ninja-build has ninja
    need libxtensor-dev has_header xtensor.hpp xtensor/xtensor.hpp xtensor/containers/xtensor.hpp
    need libxsimd-dev has_header xsimd/xsimd.hpp
    need libhdf5-dev has_header hdf5.h hdf5/serial/hdf5.h
    need nlohmann-json3-dev has_header nlohmann/json.hpp
    need libutf8proc-dev has_header utf8proc.h
    need zlib1g-dev has_header zlib.h
    need libstb-dev has_header stb/stb_image.h stb_image.h
}
# What the examples draw with, the images they learn from, and what unpacks R's tables, which
# releases pack differently.
need_examples() {
    need xz-utils has xz
    need bzip2 has bzip2
    need gnuplot-nox has gnuplot
    need dataset-fashion-mnist test -d /usr/share/datasets/fashion-mnist
}
# The texts and pictures that the other examples learn from.
need_data() {
    need wordnet-base test -e /usr/share/wordnet/data.noun
    need fortunes test -e /usr/share/games/fortunes/science
}
need_tests() {
    need doctest-dev has_header doctest/doctest.h
    need libbenchmark-dev has_header benchmark/benchmark.h
    need clang has_any clang++ clang++-14
    need pkgconf has pkg-config
}

# Runs apt-get as root; its output is shown only if it fails.
apt_get() {
    local log status=0
    log=$(mktemp)
    ${as_root:-} env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" > "$log" 2>&1 || status=$?
    [ $status -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return $status
}

# Installs what need found missing.
install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    local names=${missing[*]}
    has apt-get || die "Missing here: $names (the names of Debian's packages)." \
        "Install them with this system's package manager, then run $0 again."
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif has sudo && { [ -t 0 ] || sudo -n true 2> /dev/null; }; then
        as_root=sudo
    else
        die "Some packages are missing, and neither root nor sudo is at hand. As root, run" \
            "    apt-get update && apt-get install --no-install-recommends ${names//|[^ ]*/}" \
            "and then $0 again."
    fi
    echo "Installing with apt: ${names//|/ or }"
    apt_get update || die "apt-get update failed."
    local packages=() alternatives package
    for names in "${missing[@]}"; do
        IFS='|' read -ra alternatives <<< "$names"
        for package in "${alternatives[@]}"; do
            [ -z "$(apt-cache madison "$package" 2> /dev/null)" ] || break
        done
        packages+=("$package")
    done
    apt_get install --no-install-recommends "${packages[@]}" ||
        die "apt-get could not install: ${packages[*]}"
    missing=()
}

# The versions that no package name promises.
check_versions() {
    local cmake
    cmake=$(cmake --version | sed -n '1s/[^0-9]*//p')
    printf '%s\n' 3.24 "$cmake" | sort -CV || die "lamina needs CMake 3.24; this one is $cmake." \
        "Debian 12 and Ubuntu 24.04 are the first releases whose own packages are new enough."
    c++ -std=c++20 -fsyntax-only -x c++ - 2> /dev/null <<< '#include <concepts>
        template <std::integral T> struct A {}; A<int> a;' ||
        die "lamina needs a C++20 compiler, g++ 12 or clang 14; this is $(c++ --version | head -1)"
}

# configure NAME ARG...: configures build/NAME with the CMake arguments; its words go into a log.
configure() {
    local dir=build/$1
    mkdir -p "$dir"
    cmake -S . -B "$dir" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O2 \
        "${@:2}" > "$dir/configure.log" 2>&1 || { cat "$dir/configure.log" >&2; exit 1; }
}
