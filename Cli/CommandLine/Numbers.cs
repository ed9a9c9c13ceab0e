using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Iommu.Cli.CommandLine;

/// <summary>Options that take a number within bounds, and say which when they are given another.</summary>
internal static class Numbers
{
    public static Option<T> Option<T>(string name, string help, string description, T min, T max, T standard)
        where T : struct, INumber<T> => new(name)
        {
            HelpName = help,
            Description = description,
            CustomParser = result => Parse(result, name, min, max) ?? default,
            DefaultValueFactory = _ => standard,
        };

    /// <summary>Null when it is not given.</summary>
    public static Option<T?> Optional<T>(string name, string help, string description, T min, T max)
        where T : struct, INumber<T> => new(name)
        {
            HelpName = help,
            Description = description,
            CustomParser = result => Parse(result, name, min, max),
        };

    private static T? Parse<T>(ArgumentResult result, string name, T min, T max)
        where T : struct, INumber<T>
    {
        var text = result.Tokens[0].Value;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
        result.AddError($"{name} is '{text}'; it takes a number from {min} to {max}.");
        return null;
    }
}
