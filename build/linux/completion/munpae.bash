# bash completion for munpae(1)
_munpae() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i doctor='' whole=''
	# --lang=ko is three words where "=" ends one, as it does by default, and otherwise one.
	if [ "$current" = = ]; then
		current=''
	elif [ "$previous" = = ]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $current == --*=* ]]; then
		previous=${current%%=*} whole=${current%%=*}= current=${current#*=}
	fi
	case $previous in
	--profile)
		compopt -o dirnames
		if [ -n "$whole" ]; then mapfile -t COMPREPLY < <(compgen -d -P "$whole" -- "$current"); fi
		return
		;;
	--lang) COMPREPLY=($(compgen -P "$whole" -W 'ko en' -- "$current")) && return ;;
	--theme) COMPREPLY=($(compgen -P "$whole" -W 'light dark system' -- "$current")) && return ;;
	esac
	# Flags may stand before doctor, and their values are no commands.
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--profile | --lang | --theme)
			if [ "${COMP_WORDS[i + 1]}" = = ]; then ((i++)); fi
			((i++))
			;;
		doctor) doctor=1 ;;
		esac
	done
	if [ -n "$doctor" ]; then
		COMPREPLY=($(compgen -W '--profile --demo --lang --json' -- "$current"))
		return
	fi
	COMPREPLY=($(compgen -W 'doctor --profile --demo --lang --theme --dev --version --help' -- "$current"))
}
complete -F _munpae munpae
