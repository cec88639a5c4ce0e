using System.CommandLine;

namespace Furiosa.Gateway.Cli;

/// <summary><c>furiosa-llm completion</c>: prints what makes a shell complete this program's commands and options.</summary>
internal static class CompletionCommand
{
    public const string Name = "completion";

    // The program itself knows its commands and options: the scripts only ask it.
    private const string Bash = """
        # furiosa-llm completion bash > /etc/bash_completion.d/furiosa-llm      or:  source <(furiosa-llm completion bash)
        _furiosa_llm() {
          local line=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]}
          local program=${COMP_WORDS[0]}
          local arguments=${line#"$program"}
          arguments=${arguments# }
          mapfile -t COMPREPLY < <(compgen -W "$("$program" "[suggest:${#arguments}]" "$arguments" 2>/dev/null)" -- "$current")
          # Where no word fits, names of files do.
          [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$current")
        }
        complete -F _furiosa_llm furiosa-llm ./furiosa-llm
        """;

    private const string Zsh = """
        #compdef furiosa-llm
        # furiosa-llm completion zsh > "${fpath[1]}/_furiosa-llm"
        _furiosa_llm() {
          local arguments="${words[2,-1]}"
          local -a found
          found=("${(@f)$(${words[1]} "[suggest:${#arguments}]" "$arguments" 2>/dev/null)}")
          compadd -- $found || _files
        }
        compdef _furiosa_llm furiosa-llm
        # The first completion loads this file and is to be answered too.
        [[ $funcstack[1] != _furiosa-llm ]] || _furiosa_llm
        """;

    private const string Fish = """
        # furiosa-llm completion fish > ~/.config/fish/completions/furiosa-llm.fish
        function __furiosa_llm
          set -l words (commandline -cp | string split -n ' ')
          set -l arguments (string join -- ' ' $words[2..-1])" "
          set -l found ($words[1] "[suggest:"(string length -- $arguments)"]" "$arguments" 2>/dev/null | string match -- (commandline -ct)'*')
          # Where no word fits, names of files do.
          if set -q found[1]
            printf '%s\n' $found
          else
            __fish_complete_path (commandline -ct)
          end
        end
        complete -c furiosa-llm -f -a '(__furiosa_llm)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(Name, "Print a shell's completion script.") { shell };
        command.SetAction(parsed => Console.Out.WriteLine(parsed.GetValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        }));
        return command;
    }
}
