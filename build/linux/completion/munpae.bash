# bash completion for munpae(1)
_munpae() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	case $previous in
	--profile)
		compopt -o dirnames
		return
		;;
	--lang) COMPREPLY=($(compgen -W 'ko en' -- "$current")) && return ;;
	--theme) COMPREPLY=($(compgen -W 'light dark system' -- "$current")) && return ;;
	esac
	if [ "${COMP_WORDS[1]}" = doctor ] && [ "$COMP_CWORD" -gt 1 ]; then
		COMPREPLY=($(compgen -W '--profile --demo --lang --json' -- "$current"))
		return
	fi
	COMPREPLY=($(compgen -W 'doctor --profile --demo --lang --theme --dev --version --help' -- "$current"))
}
complete -F _munpae munpae
