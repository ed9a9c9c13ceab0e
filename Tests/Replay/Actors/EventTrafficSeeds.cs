using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Actors;
using Iommu.Tests.Actors.Core;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Replay.Actors;

/// <summary>
/// Faults and events come in, are read, answered and taken back by the end of attachments, in an interleaving that the seed chooses and in
/// which every answer takes hardware steps. The checkers of I6 and I7 watch.
/// </summary>
public class EventTrafficSeeds
{
    private const int Steps = 60;
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Any_interleaving_answers_each_fault_group_once(int firstSeed)
    {
        for (var seed = firstSeed; seed < firstSeed + 20; seed++)
        {
            await using var iommu = await new SimulatorHarness(HopTests.Deterministic(seed)).OpenAsync();
            var (findings, problems) = (new Findings(), iommu.CollectProblems());
            var checker = new FaultGroupChecker("faults", findings);
            var queue = await iommu.FaultQueue();
            var device = await iommu.Faulting(queue.Id);
            device.Responded = checker.Responded;

            var (reporters, reader) = (new int[2], new int[1]);
            for (var i = 0; i < reporters.Length; i++)
            {
                var (random, left) = (new Random(seed * 7 + i), reporters.AsMemory(i, 1));
                iommu.System.ActorOf(Props.Create(() => new FaultReporter(device, checker, random, left)));
            }
            var traffic = new FaultTraffic(seed);
            iommu.System.ActorOf(Props.Create(() => new FaultReader(queue.File, checker, traffic, reader)));
            Assert.True(iommu.Replay.RunUntil(() => reporters.All(done => done == 1) && reader[0] == 1, Long), $"seed {seed}: no end");
            iommu.Replay.RunUntilIdle();

            await checker.LookAsync(device.Queue);
            checker.Destroying();
            Assert.Equal((seed, 0UL), (seed, (await iommu.Context.CloseAsync()).Value));
            checker.Destroyed();
            AssertNothingBroke(seed, findings, problems);
            Assert.True(device.Responses.Count > 20, $"seed {seed}: only {device.Responses.Count} groups");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Any_interleaving_explains_every_gap_of_the_events(int firstSeed)
    {
        for (var seed = firstSeed; seed < firstSeed + 20; seed++)
        {
            var failures = new RandomFailures(new Random(~seed));
            await using var iommu = await new SimulatorHarness(HopTests.Deterministic(seed)).OpenAsync(failures: failures);
            var (findings, problems) = (new Findings(), iommu.CollectProblems());
            var checker = new VeventSequenceChecker("events", 3, findings);
            var viommu = await iommu.Guest();
            var queue = await iommu.Open(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 3));
            failures.On = true;

            var (reporter, reader) = (new int[1], new int[1]);
            var (random, other) = (new Random(seed), new Random(seed + 1));
            var actor = iommu.Context.Table.Find(viommu)!.Actor;
            iommu.System.ActorOf(Props.Create(() => new EventReporter(actor, checker, random, reporter)));
            iommu.System.ActorOf(Props.Create(() => new EventReader(queue.File, checker, other, reader)));
            Assert.True(iommu.Replay.RunUntil(() => reporter[0] == 1 && reader[0] == 1, Long), $"seed {seed}: no end");

            await checker.LookAsync(iommu.Context.Table.Find(queue.Id)!.Actor);
            Assert.Equal((seed, 0UL), (seed, (await iommu.Context.CloseAsync()).Value));
            AssertNothingBroke(seed, findings, problems);
        }
    }

    private static void AssertNothingBroke(int seed, Findings findings, List<string> problems) =>
        Assert.Equal($"seed {seed}: ", $"seed {seed}: {string.Join("; ", [.. findings.All, .. problems])}");

    /// <summary>Reports groups on one attachment after the other, as the owner of one does.</summary>
    private sealed class FaultReporter : ReceiveActor
    {
        private readonly FaultTraffic _traffic;
        private AttachHandle _handle = null!;
        private int _left = Steps;

        public FaultReporter(FaultingDevice device, FaultGroupChecker checker, Random random, Memory<int> done)
        {
            _traffic = new FaultTraffic(random.Next());
            Attach();
            Receive<string>(_ =>
            {
                if (--_left > 0 && random.Next(6) > 0)
                {
                    var group = _traffic.Group(_handle);
                    checker.Reported(_handle, _handle.Device, group);
                    device.Queue.Tell(new DeliverFaults(_handle, group));
                    Self.Tell("next");
                    return;
                }
                checker.Ending(_handle);
                device.Queue.Tell(new AutoRespond(_handle));
            });
            Receive<AutoResponded>(ended =>
            {
                checker.Ended(ended.Handle);
                Attach();
                if (_left > 0) Self.Tell("next");
                else done.Span[0] = 1;
            });
            Self.Tell("next");

            void Attach() => _handle = new AttachHandle(device.Handle.Device, device.Handle.Physical, device.Handle.Pasid);
        }
    }

    /// <summary>Reads and answers, sometimes from and to buffers that fail.</summary>
    private sealed class FaultReader : ReceiveActor
    {
        private int _left = Steps;

        public FaultReader(EventFile file, FaultGroupChecker checker, FaultTraffic traffic, int[] done)
        {
            var buffer = Array.Empty<byte>();
            IReadOnlyList<object?> writing = [];
            Receive<string>(_ =>
            {
                buffer = new byte[traffic.RoomBytes()];
                checker.Reading();
                file.ReadAsync(buffer.Length, FaultTraffic.Into(buffer, traffic.EndOfBuffer(buffer.Length)))
                    .PipeTo(Self, success: answer => new HasRead(answer));
            });
            Receive<HasRead>(read =>
            {
                checker.Read(buffer.AsSpan(0, (int)read.Answer.Value));
                var responses = traffic.Responses(4);
                writing = checker.Writing(responses.AsSpan(0, responses.Length / 8 * 8));
                file.WriteAsync(responses.Length, FaultTraffic.From(responses, traffic.EndOfBuffer(responses.Length)))
                    .PipeTo(Self, success: answer => new HasWritten(answer));
            });
            Receive<HasWritten>(written =>
            {
                checker.Written(writing, written.Answer);
                if (--_left > 0) Self.Tell("next");
                else done[0] = 1;
            });
            Self.Tell("next");
        }
    }

    private sealed class EventReporter : ReceiveActor
    {
        private int _left = Steps;

        public EventReporter(IActorRef viommu, VeventSequenceChecker checker, Random random, int[] done)
        {
            Receive<string>(_ => Report());
            Receive<Answer>(answer =>
            {
                checker.Reported(answer.Errno);
                if (--_left > 0) Report();
                else done[0] = 1;
            });
            Self.Tell("next");

            void Report()
            {
                var data = new byte[random.Next(5)];
                random.NextBytes(data);
                checker.Reporting(data);
                viommu.Tell(new ReportVevent(VeventqType.ArmSmmuv3, data));
            }
        }
    }

    private sealed class EventReader : ReceiveActor
    {
        private int _left = Steps;

        public EventReader(EventFile file, VeventSequenceChecker checker, Random random, int[] done)
        {
            var buffer = Array.Empty<byte>();
            Receive<string>(_ => Read());
            Receive<Answer>(answer =>
            {
                checker.Read(answer, buffer.AsSpan(0, (int)answer.Value));
                if (--_left > 0) Read();
                else done[0] = 1;
            });
            Self.Tell("next");

            void Read()
            {
                buffer = new byte[random.Next(50)];
                checker.Reading();
                var end = random.Next(4) == 0 ? random.Next(buffer.Length + 1) : int.MaxValue;
                file.ReadAsync(buffer.Length, FaultTraffic.Into(buffer, end)).PipeTo(Self);
            }
        }
    }

    private sealed record HasRead(Answer Answer);

    private sealed record HasWritten(Answer Answer);
}
