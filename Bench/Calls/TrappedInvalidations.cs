using System.Diagnostics;
using System.Runtime.InteropServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Bench.Calls;

/// <summary>
/// Trapped invalidations in arrays of 64 through the actors, beside the same hardware code in a plain loop on one thread, round by
/// round in turn.
/// </summary>
public static class TrappedInvalidations
{
    private const int Entries = 64;
    private const int ArraysPerRound = 60_000;
    private const int Callers = 4;
    private const int InFlightEach = 2;
    private const int Rounds = 7;

    public static async Task Run()
    {
        await using var guest = await BenchGuest.Create();
        var array = new byte[Entries * 16];
        for (var i = 0; i < Entries; i++)
            MemoryMarshal.Write(array.AsSpan(i * 16), Command.NhVa(0, 5, (ulong)i << 12, leaf: true));

        var call = new HwptInvalidate(guest.Viommu, InvalidateDataType.ArmSmmuv3, 16, Entries, array);
        var viommu = (IViommuDriver)guest.Context.Table.Find(guest.Viommu)!.Hardware!;
        await ThroughActors(guest, call);
        PlainLoop(viommu, array);
        List<double> actors = [], loop = [], ratios = [];
        for (var round = 0; round < Rounds; round++)
        {
            loop.Add(PlainLoop(viommu, array));
            actors.Add(await ThroughActors(guest, call));
            ratios.Add(loop[^1] / actors[^1]);
        }
        Measure.Print("trapped invalidations, arrays of 64, actors", Measure.Median(actors), "commands/s");
        Measure.Print("the same hardware code in a plain loop", Measure.Median(loop), "commands/s");
        Console.WriteLine($"  {"plain loop / actors",-46} {Measure.Median(ratios),14:f2} x (target: at most 1.5)");
    }

    private static double PlainLoop(IViommuDriver viommu, byte[] array)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < ArraysPerRound; i++)
            Plan.Run(viommu.Invalidate(InvalidateDataType.ArmSmmuv3, array, 16, Entries).Batch!);
        return (double)ArraysPerRound * Entries / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> ThroughActors(BenchGuest guest, HwptInvalidate call)
    {
        var done = Enumerable.Range(0, Callers).Select(_ => new TaskCompletionSource()).ToArray();
        var clock = Stopwatch.StartNew();
        foreach (var end in done)
            guest.System.ActorOf(Props.Create(() => new Caller(guest.Context, call, ArraysPerRound / Callers, end)));
        await Task.WhenAll(done.Select(end => end.Task));
        return (double)ArraysPerRound * Entries / clock.Elapsed.TotalSeconds;
    }

    /// <summary>A vCPU that does nothing but invalidate, a few calls in flight.</summary>
    private sealed class Caller : ReceiveActor
    {
        public Caller(IommufdContext context, HwptInvalidate call, int calls, TaskCompletionSource done)
        {
            int sent = 0, answered = 0;
            for (; sent < InFlightEach; sent++) context.Send(call, Self);
            Receive<Answer>(answer =>
            {
                if (answer is not { Errno: Errno.None, Value: Entries }) done.TrySetException(new InvalidOperationException($"{answer}"));
                if (++answered == calls)
                {
                    done.TrySetResult();
                    Context.Stop(Self);
                }
                if (sent < calls)
                {
                    sent++;
                    context.Send(call, Self);
                }
            });
        }
    }
}
