#compdef ptreview
# zsh completion for ptreview: source <(ptreview completion zsh)
_ptreview() {
	local -a found
	found=("${(@f)$("$words[1]" complete zsh -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	if [[ -z $found[1] ]]; then
		compset -P '*='
		_files
	elif [[ $found[1] == *=:* ]]; then
		_describe ptreview found -S ''
	else
		_describe ptreview found
	fi
}
if [[ $funcstack[1] == _ptreview ]]; then
	_ptreview "$@"
else
	compdef _ptreview ptreview
fi
