using System.Globalization;
using System.Net;

namespace Iommu.Cli.Html;

/// <summary>
/// One file that needs nothing else: no script, no font, no picture from anywhere. It is well-formed XML, so that it can be checked.
/// </summary>
internal static class HtmlPage
{
    public static string Write(string title, string body) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{Text(title)}</title>
        <style>
        {PageStyle.Css}
        </style>
        </head>
        <body>
        <main>
        {body}
        </main>
        </body>
        </html>

        """;

    public static string Text(string text) =>
        WebUtility.HtmlEncode(new string([.. text.Where(c => c is '\n' or '\t' || !char.IsControl(c))]));

    /// <summary>A coordinate.</summary>
    public static string At(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A time in the unit that reads best.</summary>
    public static string Duration(double nanoseconds) => nanoseconds switch
    {
        >= 1e9 => $"{Short(nanoseconds / 1e9)} s",
        >= 1e6 => $"{Short(nanoseconds / 1e6)} ms",
        >= 1e3 => $"{Short(nanoseconds / 1e3)} µs",
        _ => $"{Short(nanoseconds)} ns",
    };

    public static string Count(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Short(double value) => value.ToString(value < 100 ? "0.#" : "0", CultureInfo.InvariantCulture);
}
