# complete.zsh FILE: what zsh with the completion in FILE offers for each line
# of stdin, typed and then a tab; a line each, in order, each word in <>.
zmodload zsh/zpty
export LC_ALL=C ZDOTDIR=$(mktemp -d)
mkdir $ZDOTDIR/functions && cp $1 $ZDOTDIR/functions/_btsh
: >$ZDOTDIR/said
cat >$ZDOTDIR/.zshrc <<'END'
PS1=
unsetopt prompt_sp beep
fpath=($ZDOTDIR/functions $fpath)
autoload -U compinit && compinit -u -D
typeset -gaU offered
compadd() {
	local -a got
	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		builtin compadd -O got "$@"
		offered+=("<"$^got">")
	fi
	builtin compadd "$@"
}
said() {
	print -r -- ${(j::)${(o)offered}} >>$ZDOTDIR/said
	BUFFER= offered=()
	print DONE
}
zle -N said
bindkey '^X' said
print DONE
END
zpty shell zsh -d -i
zpty -r shell seen '*DONE*'
while IFS= read -r line; do
	zpty -w -n shell "$line"$'\t\x18'
	zpty -r shell seen '*DONE*'
done
cat $ZDOTDIR/said
zpty -d shell
rm -r $ZDOTDIR # no trap: the terminal's child would run it, too
