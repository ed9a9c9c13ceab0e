using System.Runtime.CompilerServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core.Ioas;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Replay.Actors;

/// <summary>
/// Drivers with accesses map, copy, unmap, pin and move about on few IOASes and domains, in an interleaving that the seed chooses and
/// with every hardware step a turn. Whatever happens, every call is answered, domains hold the areas, pins are those of the pages that
/// are used, and a close leaves nothing.
/// </summary>
public class IoasSeeds
{
    private const int Clients = 4;
    private const int CallsEach = 60;

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    public Task Any_interleaving_of_calls_keeps_areas_and_pins(int firstSeed) => Seeds.RunAsync(firstSeed, 25, RunOnce);

    private static async Task RunOnce(int seed)
    {
        await using var iommu = await new SimulatorHarness(HopTests.Deterministic(seed)).OpenAsync();
        var problems = iommu.CollectProblems();
        var memory = new PhysicalMemory();
        var file = MemoryFile.Create(1, memory, new FrameAllocator(memory, 0x10_0000, 64), 16 * 4096).Value!;
        var descriptor = iommu.Process.Files.Install(file).Value;
        await iommu.Bind();
        await iommu.Bind("second-dev0");
        for (var i = 0; i < 2; i++) await iommu.Ioas();

        var finished = new StrongBox<int>();
        var sink = iommu.System.ActorOf(Props.Create(() => new Sink()));
        for (var client = 0; client < Clients; client++)
        {
            var random = new Random(seed * 31 + client);
            iommu.System.ActorOf(Props.Create(() => new Driver(iommu.Context, random, descriptor, sink, finished)));
        }
        Assert.True(iommu.Replay.RunUntil(() => finished.Value == Clients, TimeSpan.FromMinutes(1)),
            $"seed {seed}: a call was never answered; problems: {string.Join("; ", problems)}; the last turns:{Environment.NewLine}"
            + string.Join(Environment.NewLine, iommu.Replay.Trace.TakeLast(60).Select(step => step.ToString())));
        iommu.Replay.RunUntilIdle();

        Assert.True(problems.Count == 0, $"seed {seed}: {string.Join("; ", problems)}");
        var state = await iommu.State();
        Assert.Equal((seed, await iommu.ExpectedCounts()), (seed, state.Split("counts ")[1].Split(';')[0]));
        await CheckAreas(iommu, file, seed);
        var closed = await iommu.Context.CloseAsync();
        var live = iommu.First.Live + iommu.Second.Live;
        Assert.Equal((seed, 0UL, 0, 0, 0L), (seed, closed.Value, live, iommu.Memory.Pins, file.PinnedTotal));
        Assert.Equal((seed, 0L, 0L), (seed, iommu.Process.PinnedPages, iommu.Process.User.LockedPages));
    }

    private static async Task CheckAreas(SimulatorHarness iommu, MemoryFile file, int seed)
    {
        var used = new HashSet<PinnedPages>();
        foreach (var ioas in iommu.Context.Table.All(ObjectType.Ioas).ToList())
        {
            var (wrong, pages, transitions) = ((string?, List<PinnedPages>, int))await ioas.Actor.Ask<object>(new Inspect(inspection =>
            {
                var pagetable = (IoPagetable)inspection.State!;
                return (MappingChecker.Check(pagetable.Areas, pagetable.Domains), pagetable.Areas.Select(area => area.Pages).ToList(),
                    pagetable.Areas.Count(area => area.State != AreaState.Mapped));
            }));
            Assert.Equal((seed, null, 0), (seed, wrong, transitions));
            used.UnionWith(pages);
        }
        Assert.Equal((seed, used.Sum(pages => pages.PinnedCount)), (seed, iommu.Memory.Pins + file.PinnedTotal));
    }

    private sealed class Sink : ReceiveActor
    {
        public Sink() => ReceiveAny(_ => { });
    }

    /// <summary>Makes one call after the other, and lets go of what its access has pinned whenever it is told to.</summary>
    private sealed class Driver : ReceiveActor
    {
        private const int Ids = 14;
        private readonly IommufdContext _context;
        private readonly Random _random;
        private readonly int _descriptor;
        private readonly List<(ulong Iova, ulong Length)> _pinned = [];
        private ObjectId _access;
        private Call _call;

        public Driver(IommufdContext context, Random random, int descriptor, IActorRef sink, StrongBox<int> finished)
        {
            (_context, _random, _descriptor) = (context, random, descriptor);
            var calls = CallsEach;
            context.Send(_call = new AccessCreate(true), Self);
            Receive<Answer>(answer =>
            {
                if (answer.Errno == Errno.None) OnSuccess(answer);
                if (--calls > 0) context.Send(_call = Next(), Self);
                else finished.Value++;
            });
            Receive<UnmapNotice>(notice =>
            {
                var last = notice.Iova + (notice.LengthBytes - 1);
                foreach (var pin in _pinned.Where(pin => pin.Iova <= last && notice.Iova < pin.Iova + pin.Length).ToList())
                {
                    _pinned.Remove(pin);
                    context.Send(new AccessUnpin(notice.Access, pin.Iova, pin.Length), sink);
                }
                Sender.Tell(new UnmapNoticed(notice));
            });
        }

        private void OnSuccess(Answer answer)
        {
            if (_call is AccessCreate { PinsPages: true }) _access = answer.Id;
            if (_call is AccessPin pin) _pinned.Add((pin.Iova, pin.LengthBytes));
        }

        private Call Next()
        {
            const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;
            switch (_random.Next(20))
            {
                case 0 when _random.Next(3) == 0: return new IoasAlloc();
                case 1 or 2 or 3: return SimulatorHarness.Fixed(Id(), Iova(), Pages(), (1UL << 20) + Iova());
                case 4: return new IoasMapFile(Id(), flags, _descriptor, Iova(), Pages() << 12, Iova());
                case 5 or 6: return new IoasCopy(Id(), Id(), flags, Pages() << 12, Iova(), Iova());
                case 7 or 8 or 9: return new IoasUnmap(Id(), Iova(), Pages() << 13);
                case 10: return new HwptAlloc(new ObjectId((uint)_random.Next(1, 3)), Id());
                case 11 or 12: return new AccessAttach(_access, Id());
                case 13: return _random.Next(2) == 0 ? new AccessReplace(_access, Id()) : new AccessDetach(_access);
                case 14 or 15: return new AccessPin(_access, Iova(), Pages() << 12, _random.Next(2) == 0);
                case 16: return Unpin();
                case 17: return _random.Next(2) == 0 ? new IoasChangeProcess() : new AccessRead(_access, Iova(), 100);
                case 18: return new Option(OptionId.HugePages, OptionOp.Set, Id(), (ulong)_random.Next(2));
                default: return new Destroy(Id());
            }
        }

        private Call Unpin()
        {
            if (_pinned.Count == 0) return new AccessCreate(false);
            var (iova, length) = _pinned[0];
            _pinned.RemoveAt(0);
            return new AccessUnpin(_access, iova, length);
        }

        /// <summary>Mostly an IOAS.</summary>
        private ObjectId Id()
        {
            var ioases = _context.Table.All(ObjectType.Ioas).ToList();
            var any = ioases.Count == 0 || _random.Next(8) == 0;
            return any ? new ObjectId((uint)_random.Next(3, Ids)) : ioases[_random.Next(ioases.Count)].Id;
        }

        private ulong Iova() => (ulong)_random.Next(8) << 12;

        private ulong Pages() => (ulong)_random.Next(1, 4);
    }
}
