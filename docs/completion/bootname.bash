# Completion for bash: bootname(8), bootname-reap(8) and mkuserdata.
# shellcheck shell=bash

# The words of $1 that begin as the one at the cursor, $2, does.
_bootname_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_bootname_files() {
	# Refused where no key has asked, as in a script.
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_bootname() {
	local i command='' word=$2 options='-c -d -h --help -j --json -q -v -V --version'

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | -d | -[jnqv]*[cd]) ((i++)) ;; # a file, whatever it is called
		up | down | check) command=${COMP_WORDS[i]} ;;
		esac
	done
	if ((i > COMP_CWORD)); then
		_bootname_files "$word"
		return
	fi
	[[ $command == check ]] || options+=' -n --dry-run'
	[[ $command == down || $command == check ]] || options+=' --if-changed'
	if [[ $command || $word == -* ]]; then
		_bootname_words "$options" "$word"
	else
		_bootname_words 'up down check' "$word"
	fi
}

_bootname_reap() {
	case $3 in
	-c | -[jnqv]*c) _bootname_files "$2" ;;
	--zone | --zone-id) ;;
	*) _bootname_words '-c -h --help -j --json -n --dry-run -q --renamed --stopped -v -V
		--version --zone --zone-id' "$2" ;;
	esac
}

_bootname_mkuserdata() {
	case $3 in
	-o | --output | --helper | --program | --check-with | --template | --with) _bootname_files "$2" ;;
	--arch) _bootname_words 'x86_64 aarch64 amd64 arm64' "$2" ;;
	--s3 | --url | --sha256 | --reserve) ;;
	*)
		if [[ $2 == -* ]]; then
			_bootname_words '-h --help -o --output --arch --helper --s3 --url
				--sha256 --baked --program --systemd --packages --with
				--reserve --plain --mime --merge --template --check-with --no-check' "$2"
		else
			_bootname_files "$2"
		fi
		;;
	esac
}

complete -F _bootname bootname
complete -F _bootname_reap bootname-reap
complete -F _bootname_mkuserdata mkuserdata
