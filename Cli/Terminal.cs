using Spectre.Console;

namespace Iommu.Cli;

/// <summary>Where a command writes: results to <see cref="Output"/>, the one line of an error to <see cref="Error"/>.</summary>
/// <param name="Output">Plain text.</param>
/// <param name="Error">Errors and notes.</param>
/// <param name="Console">The same place as <paramref name="Output"/>, for tables and progress.</param>
public sealed record Terminal(TextWriter Output, TextWriter Error, IAnsiConsole Console)
{
    private const int ColumnsWithoutTerminal = 120;

    public static Terminal Standard()
    {
        // Trees and units are drawn with characters beyond ASCII, whatever the locale says.
        System.Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        if (System.Console.IsOutputRedirected) return Plain(System.Console.Out, System.Console.Error);
        return new Terminal(System.Console.Out, System.Console.Error, AnsiConsole.Console);
    }

    /// <summary>Without colours, cursor or width of a terminal: what a pipe gets.</summary>
    public static Terminal Plain(TextWriter output, TextWriter error)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = ColumnsWithoutTerminal;
        return new Terminal(output, error, console);
    }
}
