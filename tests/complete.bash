# complete.bash FILE: what the completion in FILE offers for each line of
# stdin, whose last word is begun; a line each, in order, each word in <>.
# Words are cut as readline cuts them, at blanks and around colons.
. "$1"
while IFS= read -r line; do
	read -ra COMP_WORDS <<<"${line//:/ : }"
	[[ $line != *[\ :] ]] || COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_btsh
	[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '<%s>\n' "${COMPREPLY[@]}" |
		LC_ALL=C sort | tr -d '\n'
	echo
done
