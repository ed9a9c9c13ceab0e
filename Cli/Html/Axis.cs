using System.Globalization;

namespace Iommu.Cli.Html;

/// <summary>A linear scale from 0 to a round number, in steps of 1, 2 or 5 times a power of ten.</summary>
internal readonly record struct Axis(double Step, double Max)
{
    public static Axis For(double largest, int stepsMax)
    {
        if (largest <= 0) return new Axis(1, 1);
        var power = Math.Pow(10, Math.Floor(Math.Log10(largest / stepsMax)));
        var step = new[] { 1, 2, 5, 10 }.Select(factor => factor * power).First(step => largest / step <= stepsMax + 1e-9);
        return new Axis(step, Math.Ceiling(largest / step - 1e-9) * step);
    }

    public IEnumerable<double> Ticks()
    {
        for (var i = 0; i * Step <= Max + Step / 2; i++) yield return i * Step;
    }

    /// <summary>Short: 1.5 M, 20 k.</summary>
    public static string Label(double value) => value switch
    {
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.##} G"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.##} M"),
        >= 1e3 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.##} k"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0.##}"),
    };
}
