#!/bin/sh
# complete.sh bash|zsh [BTSH]: a completion for that shell, on stdout, made of
# what BTSH (./btsh) says of itself: the verbs from -h, and from VERB -h the
# options, what they take, which may be given again, and the operands.
#
#	for s in bash zsh; do sh contrib/complete.sh $s >contrib/btsh.$s; done
#
# The results are kept beside this; a case compares them with fresh ones.
set -eu
shell=$1
btsh=${2:-./btsh}

# facts: fields with tabs between.  verb NAME WHAT; option VERB OPTION ARGUMENT
# REPEATED(0 or 1) WHAT; operand VERB NAME REPEATED
facts() {
	verbs=$("$btsh" -h | sed -n 's/^btsh \([a-z]\{1,\}\) .*/\1/p')
	[ -n "$verbs" ] || { echo "$btsh names no verbs" >&2; exit 1; }
	"$btsh" -h | sed -n 's/^btsh \([a-z]\{1,\}\)  *\(.*\)/verb	\1	\2/p'
	for verb in $verbs; do
		"$btsh" "$verb" -h | awk -v verb="$verb" '
		BEGIN { OFS = "\t" }
		/^  -/ {
			what = substr($0, 5)
			arg = ""
			if (what ~ /^ [^ ]/) {
				arg = $2
				sub(/^ [^ ]+/, "", what)
			}
			sub(/^ +/, "", what)
			print "option", verb, $1, arg,
			    (index(usage, "[" $1 " " arg "]...") > 0), what
			next
		}
		{ usage = usage " " $0 }
		END {
			sub(/^ *usage: btsh [a-z]+/, "", usage)
			gsub(/\[-[^]]*\](\.\.\.)?/, "", usage)
			gsub(/[][]/, "", usage)
			n = split(usage, word, " ")
			for (i = 1; i <= n; i++)
				if (word[i] != "...")
					print "operand", verb, word[i],
					    word[i + 1] == "..."
		}'
	done
}

# A case a verb: its flags, what its other options take, its operands, and the
# operand of which there may be more.
bash_verbs() {
	printf '%s\n' "$said" | awk -F '\t' '
	$1 == "verb" { order[++n] = $2 }
	$1 == "option" && $4 == "" { flags[$2] = flags[$2] $3 " " }
	$1 == "option" && $4 != "" { args[$2] = args[$2] $3 ":" $4 " " }
	$1 == "operand" { operands[$2] = operands[$2] $3 " " }
	$1 == "operand" && $4 { more[$2] = $3 }
	END {
		for (i = 1; i <= n; i++) {
			v = order[i]
			printf "\t%s)\n", v
			printf "\t\tflags='\''%s-h'\''\n", flags[v]
			printf "\t\targs='\''%s'\''\n", args[v]
			sub(/ $/, "", operands[v])
			gsub(/[^ ]+/, "'\''&'\''", operands[v])
			printf "\t\toperands=(%s) more='\''%s'\'' ;;\n",
			    operands[v], more[v]
		}
	}'
}

for_bash() {
	cat <<'END'
# Completion of btsh in bash, made by contrib/complete.sh.

_btsh()
{
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local flags args more kind= word ended= i j n=0
	local -a operands

	COMPREPLY=()
	case ${COMP_WORDS[1]} in
END
	bash_verbs
	cat <<'END'
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
END
	printf "\t\tverb) compgen -W '%s' -- \"\$cur\" ;;\n" \
		"$(printf '%s\n' "$said" | sed -n 's/^verb	\([a-z]*\).*/\1/p' |
			tr '\n' ' ')-h -V"
	cat <<'END'
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
END
}

# _arguments is told the same in its own words, the explanations, too.
zsh_verbs() {
	printf '%s\n' "$said" | awk -F '\t' '
	function quoted(s) {
		gsub(/[][\\:]/, "\\\\&", s)
		gsub("'\''", "'\'\\\\\'\''", s)
		return s
	}
	function action(kind) {
		if (kind == "torrent")
			return "_files -g \"*.torrent(-.)\""
		if (kind == "dir")
			return "_files -/"
		if (kind == "user")
			return "_users"
		if (kind == "cmd")
			return "_command_names"
		if (kind ~ /^(file|glob|path)/)
			return "_files"
		return " "
	}
	function put(v, s) { specs[v] = specs[v] " \\\n\t\t'\''" s "'\''" }
	$1 == "verb" { order[++n] = $2 }
	$1 == "option" && $4 == "" { put($2, $3 "[" quoted($6) "]") }
	$1 == "option" && $4 != "" {
		put($2, ($5 ? "*" : "") $3 "+[" quoted($6) "]:" \
		    quoted($4) ":" action($4))
	}
	$1 == "operand" {
		put($2, ($4 ? "*" : "") ":" quoted($3) ":" action($3))
	}
	END {
		for (i = 1; i <= n; i++)
			printf "%s) _arguments -s -S '\''(- *)-h[%s]'\''%s ;;\n",
			    order[i], "say what it takes", specs[order[i]]
	}'
}

for_zsh() {
	cat <<'END'
#compdef btsh
# Completion of btsh in zsh, made by contrib/complete.sh.

local curcontext=$curcontext state line
local -a verbs

verbs=(
END
	printf '%s\n' "$said" | awk -F '\t' '$1 == "verb" {
		gsub("'\''", "'\'\\\\\'\''", $3)
		printf "\t'\''%s:%s'\''\n", $2, $3
	}'
	cat <<'END'
)
_arguments -C -A '-*' '(- *)'{-h,--help}'[list the verbs]' \
	'(- *)'{-V,--version}'[print the version]' \
	'1:verb:->verb' '*::argument:->verbs' && return
case $state in
verb) _describe verb verbs ;;
verbs)
	case $line[1] in
END
	zsh_verbs | sed 's/^/	/'
	cat <<'END'
	esac ;;
esac
END
}

said=$(facts)
case $shell in
bash) for_bash ;;
zsh) for_zsh ;;
*)
	echo 'usage: complete.sh bash|zsh [btsh]' >&2
	exit 2 ;;
esac
