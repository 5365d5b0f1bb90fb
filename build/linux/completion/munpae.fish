# fish completion for munpae(1)
complete -c munpae -f
complete -c munpae -n __fish_use_subcommand -a doctor -d 'Check what stands between you and a sign-in'
complete -c munpae -l profile -x -a '(__fish_complete_directories)' -d 'The folder with accounts and settings'
complete -c munpae -l demo -d 'Invented providers and people'
complete -c munpae -l lang -x -a 'ko en' -d 'The language of window and answer'
complete -c munpae -n 'not __fish_seen_subcommand_from doctor' -l theme -x -a 'light dark system' -d 'Light or dark'
complete -c munpae -n 'not __fish_seen_subcommand_from doctor' -l dev -d 'Try the HTTP routes'
complete -c munpae -n 'not __fish_seen_subcommand_from doctor' -l version -d 'Print the version'
complete -c munpae -n 'not __fish_seen_subcommand_from doctor' -l help -d 'Print the help'
complete -c munpae -n '__fish_seen_subcommand_from doctor' -l json -d 'Answer in JSON'
