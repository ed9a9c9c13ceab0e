using System.Runtime;
using System.Runtime.InteropServices;

namespace Iommu.Bench;

/// <summary>Says what the figures were measured on.</summary>
internal static class Machine
{
    public static void Describe() => Console.WriteLine(
        $"{Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.OSDescription}, "
        + $"{RuntimeInformation.FrameworkDescription}, {(GCSettings.IsServerGC ? "server" : "workstation")} GC, "
        + $"actors by {typeof(Akka.Actor.ActorSystem).Assembly.GetName().Name}");
}
