using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Simulator;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>Several callers that call one open file at random, and then the close of all that they have.</summary>
internal sealed class RandomCallRun
{
    private readonly MockUapiHarness _uapi;
    private readonly List<string> _problems = [];
    private readonly IActorRef _collector;

    public RandomCallRun(MockUapiHarness uapi)
    {
        _uapi = uapi;
        var problems = _problems;
        _collector = uapi.Mock.System.ActorOf(Props.Create(() => new Collector(problems)));
        uapi.Mock.System.EventStream.Subscribe(_collector, typeof(InvariantViolation));
        uapi.Mock.System.EventStream.Subscribe(_collector, typeof(ContextFailed));
        uapi.Process.Files.Install(uapi.File);
        uapi.OpenFile(0x8000);
    }

    /// <summary>Broken invariants and failed contexts.</summary>
    public async Task<IReadOnlyList<string>> ProblemsAsync()
    {
        await _collector.Ask<string>("all told");
        return _problems;
    }

    /// <summary>One caller's calls: their numbers, and what they returned.</summary>
    public async Task<IReadOnlyList<(uint Number, long Result)>> CallAsync(int seed, int callsTotal)
    {
        var calls = new RandomCalls(seed, _uapi.Arrays, _uapi.End);
        var structure = _uapi.Mock.Allocate();
        var outcomes = new List<(uint, long)>();
        for (var i = 0; i < callsTotal; i++)
        {
            var (number, bytes, argument) = calls.Next();
            _uapi.Write(structure, bytes);
            var result = await _uapi.File.IoctlAsync(_uapi.Process, number, argument ?? structure);
            outcomes.Add((number, result));
            // Descriptors are closed now and then, whatever they are: all but the file itself and the memory.
            if (i % 50 == 0) _uapi.Process.Files.Close(2 + i / 50 % 30);
            if (result == 0 && argument is null) calls.Learn(number, _uapi.ReadBytes(structure, 128));
        }
        return outcomes;
    }

    /// <summary>The process ends: the file itself goes first, and waits for the others.</summary>
    public Task<Answer> CloseAll()
    {
        for (var descriptor = 0; _uapi.Process.Files.Count > 0; descriptor++) _uapi.Process.Files.Close(descriptor);
        return _uapi.File.Ended;
    }

    /// <summary>What is left of devices and pins; empty when nothing is.</summary>
    public string Left()
    {
        var devices = string.Join(' ', _uapi.Mock.Hardware.Machine.Devices.Select(device => device.Name));
        var pins = (_uapi.Mock.Memory.PinnedTotal, _uapi.Process.PinnedPages);
        return devices.Length == 0 && pins == (0, 0) ? "" : $"devices {devices}, pins {pins}";
    }

    private sealed class Collector : ReceiveActor
    {
        public Collector(List<string> problems)
        {
            Receive<string>(asked => Sender.Tell(asked));
            ReceiveAny(problem => problems.Add(problem.ToString()!));
        }
    }
}
