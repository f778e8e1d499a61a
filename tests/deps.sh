#!/bin/sh
# Install what is missing to make the goals named as arguments; without any,
# what every goal needs.  Says so and does nothing where all is there.
set -eu

goals=" ${*:-all demo check check-arm64 check-boot check-cloud check-docs check-packages check-valgrind check-vm fuzz bench bench-check bench-herd lint dist distcheck picture} "

# The architecture that the release is cross-built for, as packages name it.
case $(uname -m) in
aarch64) cross=x86-64 c_library=amd64 ;;
*) cross=aarch64 c_library=arm64 ;;
esac

# One line a package: the goals that need it, its name for apt-get and for dnf
# ("-": that distribution has none, or has it in another one of the list).
packages() {
	cat <<-LIST
	build           gcc                   gcc
	build           libc6-dev             glibc-devel
	build           pkg-config            pkgconf-pkg-config
	build           libcurl4-openssl-dev  libcurl-devel
	build           libyaml-dev           libyaml-devel
	build           libjson-c-dev         json-c-devel
	build           libssl-dev            openssl-devel
	build           libexpat1-dev         expat-devel
	emulate         ca-certificates       ca-certificates
	emulate         python3               python3
	emulate         python3-botocore      python3-botocore
	emulate         python3-dnspython     python3-dns
	emulate         bind9                 bind
	emulate         bind9-dnsutils        bind-utils
	emulate         openssl               openssl
	check           libcmocka-dev         libcmocka-devel
	check           python3-pytest        python3-pytest
	check           python3-pytest-xdist  python3-pytest-xdist
	check           python3-yaml          python3-pyyaml
	check           python3-markdown-it   python3-markdown-it-py
	check           python3-pyelftools    -
	check           bash-completion       bash-completion
	check           groff-base            groff-base
	check           curl                  curl
	check           wget                  wget
	check           zsh                   zsh
	check           mandoc                mandoc
	check           valgrind              valgrind
	check           mount                 util-linux
	check           iproute2              iproute
	check           libasan               libasan
	check           libubsan              libubsan
	release         gcc-$cross-linux-gnu  -
	release         libc6-dev-$c_library-cross  -
	release         python3               python3
	release         python3-pyelftools    -
	bench           awscli                awscli2
	bench           jq                    jq
	bench           python3-boto3         python3-boto3
	bench           python3-yaml          python3-pyyaml
	bench           strace                strace
	bench-check     curl                  curl
	bench-check     golang-go             golang
	bench-check     golang-github-aws-aws-sdk-go-v2-dev  -
	bench-check     iproute2              iproute
	bench-check     mount                 util-linux
	bench-check     valgrind              valgrind
	bench-herd      python3-boto3         python3-boto3
	check-arm64     mmdebstrap            -
	check-arm64     debian-archive-keyring  -
	check-arm64     qemu-user             -
	check-boot      debian-archive-keyring  -
	check-boot      iproute2              iproute
	check-boot      mmdebstrap            mmdebstrap
	check-boot      systemd-container     systemd-container
	check           awscli                awscli2
	check           xz-utils              xz
	check-cloud     golang-github-hashicorp-hcl-v2-dev  -
	check-cloud     golang-go             golang
	check-cloud     nodejs                nodejs
	check-cloud     npm                   nodejs-npm
	check-cloud     python3-boto3         python3-boto3
	check-packages  lintian               -
	check-packages  rpmlint               rpmlint
	check-docs      debian-archive-keyring  -
	check-docs      git                   git
	check-docs      mmdebstrap            mmdebstrap
	check-valgrind  valgrind              valgrind
	check-vm        e2fsprogs             e2fsprogs
	check-vm        qemu-system-x86       qemu-system-x86-core
	fuzz            clang                 clang
	fuzz            libclang-rt-dev       compiler-rt
	lint            clang                 clang
	lint            clang-format          clang-tools-extra
	lint            clang-tidy            -
	lint            cppcheck              cppcheck
	lint            shellcheck            ShellCheck
	lint            musl-tools            musl-gcc
	lint            python3-pyflakes      python3-pyflakes
	lint            python3-markdown-it   python3-markdown-it-py
	lint            mandoc                mandoc
	deb             build-essential       -
	deb             debhelper             -
	deb             libcmocka-dev         -
	deb             python3               -
	deb             gcc-$cross-linux-gnu  -
	deb             libc6-dev-$c_library-cross  -
	deb             systemd               -
	dist            git                   git
	distcheck       libcmocka-dev         libcmocka-devel
	distcheck       python3               python3
	rpm             rpm                   rpm-build
	rpm             -                     systemd-rpm-macros
	picture         asciinema             asciinema
	picture         nodejs                nodejs
	picture         npm                   nodejs-npm
	LIST
}

# The lines above that these goals need.
kinds=build
case $goals in *" check"* | *" demo "* | *" emulate "* | *" picture "* | *" tests "* | *" bench"*)
	kinds="$kinds emulate" ;;
esac
case $goals in *" check"* | *" tests "*) kinds="$kinds check" ;; esac
case $goals in *" release "* | *" size "* | *" user-data "* | *" check"* | \
*" bench "* | *" bench-check "*)
	kinds="$kinds release" ;;
esac
case $goals in *" bench "* | *" bench-check "*) kinds="$kinds bench-check" ;; esac
case $goals in *" bench "*) kinds="$kinds bench" ;; esac
case $goals in *" bench-herd "*) kinds="$kinds bench-herd" ;; esac
case $goals in *" check-arm64 "*) kinds="$kinds check-arm64" ;; esac
case $goals in *" check-boot "* | *" check-vm "*) kinds="$kinds check-boot" ;; esac
case $goals in *" check-docs "*) kinds="$kinds check-docs" ;; esac
case $goals in *" check-vm "*) kinds="$kinds check-vm" ;; esac
case $goals in *" check-cloud "*) kinds="$kinds check-cloud" ;; esac
case $goals in *" check-packages "*) kinds="$kinds check-boot check-packages deb rpm dist" ;; esac
case $goals in *" deb "*) kinds="$kinds deb dist" ;; esac
case $goals in *" rpm "*) kinds="$kinds rpm dist" ;; esac
case $goals in *" check-valgrind "*) kinds="$kinds check-valgrind" ;; esac
case $goals in *" fuzz "*) kinds="$kinds fuzz" ;; esac
case $goals in *" lint"*) kinds="$kinds lint check emulate" ;; esac
case $goals in *" dist"*) kinds="$kinds dist" ;; esac
case $goals in *" distcheck "*) kinds="$kinds distcheck" ;; esac
case $goals in *" picture "*) kinds="$kinds picture" ;; esac

if command -v apt-get >/dev/null; then
	manager=apt-get column=2
elif command -v dnf >/dev/null; then
	manager=dnf column=3
else
	echo "make deps: neither apt-get nor dnf here; install by hand:" >&2
	packages >&2
	exit 1
fi

is_installed() {
	if [ $manager = apt-get ]; then
		dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
			grep -qx installed
	else
		rpm -q --whatprovides "$1" >/dev/null 2>&1
	fi
}

missing=
for kind in $kinds; do
	for package in $(packages | awk -v kind="$kind" -v column=$column \
		'$1 == kind { print $column }'); do
		case $manager:$package in
		*:- | apt-get:libasan | apt-get:libubsan) continue ;; # gcc's own
		*npm) ! command -v npm >/dev/null || continue ;; # Node.js's own, mostly
		esac
		is_installed "$package" || missing="$missing $package"
	done
done
# shellcheck disable=SC2086 # a list of words
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
if [ -z "${missing% }" ]; then
	echo "make deps: nothing is missing"
	exit 0
fi

as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "make deps: needs root to install: $missing" >&2
		exit 1
	}
	as_root=sudo
fi

echo "make deps: installing $missing"
if [ $manager = apt-get ]; then
	$as_root apt-get update -qq
	# shellcheck disable=SC2086 # a list of words
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
		--no-install-recommends $missing >/dev/null
else
	# shellcheck disable=SC2086
	$as_root dnf install -y -q $missing
fi

# BIND is wanted as a program: what its package starts is switched off again.
case " $missing " in *" bind9 "* | *" bind "*)
	if [ -d /run/systemd/system ]; then
		echo "make deps: switching off the name server that came with bind"
		$as_root systemctl disable --now --quiet named || :
	fi
	;;
esac
