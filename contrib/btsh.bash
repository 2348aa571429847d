# Completion of btsh in bash, made by contrib/complete.sh.

_btsh()
{
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local flags args more kind= word ended= i j n=0
	local -a operands

	COMPREPLY=()
	case ${COMP_WORDS[1]} in
	make)
		flags='-0 -f -p -q -v -h'
		args='-a:url -c:text -e:torrent -l:n -n:name -o:file -s:text -w:url -x:glob '
		operands=('path') more='' ;;
	track)
		flags='-q -s -v -h'
		args='-f:file -i:sec -l:addr -p:port -U:user -w:file -W:file -x:addr '
		operands=() more='' ;;
	serve)
		flags='-c -q -v -N -h'
		args='-5:host:port -a:url -b:host:port -d:dir -k:host:port -l:addr -M:n -p:port -r:rate -R:ratio -T:sec -u:rate -U:user -w:none '
		operands=('path|torrent') more='path|torrent' ;;
	peer)
		flags='-c -F -q -v -N -h'
		args='-5:host:port -a:url -b:host:port -d:dir -k:host:port -l:addr -M:n -p:port -r:rate -R:ratio -T:sec -u:rate -U:user -w:none -x:command '
		operands=('torrent') more='torrent' ;;
	run)
		flags='-c -F -m -s -S -q -v -N -h'
		args='-5:host:port -a:url -b:host:port -d:dir -f:glob -k:host:port -l:addr -M:n -o:file -p:port -r:rate -R:ratio -t:sec -T:sec -u:rate -U:user -w:none -x:command '
		operands=('torrent') more='torrent' ;;
	show)
		flags='-f -j -m -t -h'
		args=''
		operands=('torrent') more='torrent' ;;
	check)
		flags='-q -h'
		args=''
		operands=('torrent' 'path') more='' ;;
	*) flags='-h -V' args= operands=() more= ;;
	esac
	[[ $COMP_CWORD -ne 1 ]] || operands=(verb)
	# bash takes a colon or an equals sign for a word: a URL is three
	[[ $cur != [:=] && $before != [:=] ]] || return 0
	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == [:=] ]]; then
			((i++))
		elif [[ $kind ]]; then
			kind=
		elif [[ ! $ended && $word == -- ]]; then
			ended=1
		elif [[ ! $ended && $word == -[!-]* ]]; then
			for ((j = 1; j < ${#word}; j++)); do
				[[ $args =~ (^| )-${word:j:1}:([^ ]*) ]] ||
					continue
				((j + 1 < ${#word})) || kind=${BASH_REMATCH[2]}
				break
			done
		else
			((n++))
		fi
	done
	if [[ ! $kind && ! $ended && $cur == -* ]]; then
		kind=option
	elif [[ ! $kind ]]; then
		kind=${operands[n]:-$more}
	fi
	case $kind in
	file|dir|torrent|glob|path*) compopt -o filenames 2>/dev/null ;;
	esac
	mapfile -t COMPREPLY < <(
		case $kind in
		verb) compgen -W 'make track serve peer run show check -h -V' -- "$cur" ;;
		option)
			args=$(printf '%s' "$args" | sed 's/:[^ ]*//g')
			compgen -W "$flags $args" -- "$cur" ;;
		torrent)
			compgen -f -X '!*.torrent' -- "$cur"
			compgen -d -- "$cur" ;;
		dir) compgen -d -- "$cur" ;;
		file|glob|path*) compgen -f -- "$cur" ;;
		user) compgen -u -- "$cur" ;;
		cmd) compgen -c -- "$cur" ;;
		esac)
}

complete -F _btsh btsh
