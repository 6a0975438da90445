# bash completion for ptreview: source <(ptreview completion bash)
_ptreview() {
	local line
	COMPREPLY=()
	while IFS= read -r line; do
		COMPREPLY+=("$line")
	done < <("$1" complete bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	case ${COMPREPLY[0]-} in *=) compopt -o nospace ;; esac
}
complete -o default -F _ptreview ptreview
