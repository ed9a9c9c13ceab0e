using Iommu.Cli;
using Iommu.Cli.Stress;
using Iommu.TestKit.Stress;

namespace Iommu.Tests.Cli;

/// <summary>What a command printed and returned, without a terminal.</summary>
public sealed record CommandRun(int Exit, string Output, string Error)
{
    public static Task<CommandRun> OfAsync(params string[] args) =>
        OfAsync((options, progress, cancel) => StressRun.RunAsync(options, progress, cancel), args);

    /// <param name="stress">What stands for a stress run.</param>
    /// <param name="args">What is typed.</param>
    internal static async Task<CommandRun> OfAsync(StressCommand.Runner stress, params string[] args)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var exit = await IommuCommand.RunAsync(args, Terminal.Plain(output, error), stress);
        return new CommandRun(exit, output.ToString(), error.ToString());
    }

    /// <summary>Exit 2 with one line on stderr that says this, no stack trace, and nothing on stdout.</summary>
    public void AssertRefused(params string[] says)
    {
        Assert.Equal(ExitCode.Usage, Exit);
        Assert.Equal("", Output);
        Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("iommu: ", Error);
        Assert.All(says, part => Assert.Contains(part, Error));
    }
}
