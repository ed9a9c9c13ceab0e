using Iommu.Actors.Core.Ioas;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Core.Ioas;

/// <summary>
/// Random maps, copies, unmaps, domains and accesses of two IOASes that share pages, at the granularity of the mock's pages of 2 KiB,
/// against lists that are looked through from end to end: every errno, what each domain maps, and how often each page is pinned.
/// </summary>
public class IoPagetableModelTests
{
    private const int Seeds = 60;
    private const int StepsPerSeed = 120;
    private const int Units = 48;
    private const ulong Unit = 2048;
    private const ulong Window = NaiveIoas.ApertureFirst - 4 * Unit;
    private const ulong BufferBytes = 16 * 4096;

    [Fact]
    public void Areas_domains_and_pins_are_those_of_a_naive_model()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            try
            {
                new Run(seed).Steps();
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e.Message}\n{e.StackTrace}");
            }
        }
    }

    private sealed class Run
    {
        private readonly Random _random;
        private readonly MockMachine _machine = new();
        private readonly PhysicalDevice _device;
        private readonly UserAddressSpace _memory;
        private readonly UserProcess _process;
        private readonly MemoryFile _file;
        private readonly ContextPages _pages = new();
        private readonly IoPagetable[] _ioases = [new(), new()];
        private readonly NaiveIoas[] _models = [new(), new()];
        private readonly List<(int Ioas, ulong Iova, ulong Length)> _pinned = [];
        private readonly HashSet<SourcePages> _seen = [];
        private readonly ulong _buffer;
        private readonly int _descriptor;

        public Run(int seed)
        {
            _random = new Random(seed);
            _device = _machine.Iommu.Plug(MockDeviceFlags.None).Value!;
            _memory = _machine.CreateAddressSpace();
            _process = new UserProcess(_memory) { Capabilities = ProcessCapabilities.None };
            _file = MemoryFile.Create(1, _machine.Memory, _machine.Frames, BufferBytes).Value!;
            _descriptor = _process.Files.Install(_file).Value;
            _buffer = _random.Next(2) == 0 ? _memory.Map(_file, 0, BufferBytes).Value : _memory.Allocate(BufferBytes).Value;
        }

        public void Steps()
        {
            for (var step = 0; step < StepsPerSeed; step++)
            {
                Step(_random.Next(2));
                Check();
            }
            foreach (var (ioas, iova, length) in _pinned)
                Assert.Equal(Errno.None, _ioases[ioas].UnpinForAccess(iova, length, lockArea: false));
            foreach (var ioas in _ioases)
            {
                foreach (var domain in ioas.Domains.ToList()) ioas.RemoveDomain(domain);
                ioas.Clear();
            }
            Assert.Equal((0L, 0L, 0L), (_memory.PinnedTotal, _file.PinnedTotal, _process.User.LockedPages));
            Assert.All(_seen, pages => Assert.Equal(0, pages.Holders));
        }

        private void Step(int ioas)
        {
            switch (_random.Next(10))
            {
                case 0 or 1 or 2: Map(ioas); break;
                case 3 or 4: Copy(ioas, _random.Next(2)); break;
                case 5: Unmap(ioas); break;
                case 6: AddDomain(ioas); break;
                case 7: RemoveDomain(ioas); break;
                case 8: Pin(ioas); break;
                default: Unpin(); break;
            }
        }

        private void Map(int ioas)
        {
            var (iova, length) = Place();
            var offset = Offset(BufferBytes - length);
            var access = (Access)_random.Next(1, 4);
            var writable = access.HasFlag(Access.Write);
            var pages = (SourcePages)(_random.Next(2) == 0 ? _pages.OfMemory(_process, _buffer + offset, length, writable)
                : _pages.OfFile(_process, _descriptor, offset, length, writable)).Value!;
            _seen.Add(pages);
            var expected = _models[ioas].CheckFixed(iova, length, offset);
            var mapping = _ioases[ioas].Map([PagesSlice.All(pages)], iova, access);
            Assert.Equal(expected, mapping.Errno);
            if (expected == Errno.None) _models[ioas].Areas.Add(new NaiveArea(iova, length, pages, offset % 4096, access));
        }

        private void Copy(int from, int to)
        {
            var (source, length) = Place();
            var (iova, _) = Place();
            var access = (Access)_random.Next(1, 4);
            var parts = _models[from].Parts(source, length);
            var slices = _ioases[from].GetPages(source, length);
            Assert.Equal(parts is null ? Errno.ENOENT : Errno.None, slices.Errno);
            if (parts is null) return;
            var starts = parts.Select(part => part.Area.StartByte + (part.Iova - part.Area.Iova)).ToList();
            var expected = _models[to].CheckFixed(iova, length, 0);
            // The pages are looked at one after the other: rights first, and then where they start.
            for (var i = 0; i < parts.Count && expected == Errno.None; i++)
                expected = access.HasFlag(Access.Write) && !parts[i].Area.Pages.Writable ? Errno.EPERM
                    : starts[i] % 4096 % _models[to].Alignment != 0 ? Errno.EINVAL : Errno.None;
            var mapping = _ioases[to].Map(slices.Value!, iova, access);
            Assert.Equal(expected, mapping.Errno);
            if (expected != Errno.None) return;
            for (var i = 0; i < parts.Count; i++)
            {
                _models[to].Areas.Add(new NaiveArea(iova, parts[i].Length, parts[i].Area.Pages, starts[i], access));
                iova += parts[i].Length;
            }
        }

        private void Unmap(int ioas)
        {
            var (iova, length) = Place();
            var model = _models[ioas];
            var (gone, errno) = model.CheckUnmap(iova, iova + length - 1);
            var blocked = gone.FindIndex(area => _pinned.Exists(pin =>
                pin.Ioas == ioas && pin.Iova <= area.Last && area.Iova < pin.Iova + pin.Length));
            if (blocked >= 0) (gone, errno) = (gone[..blocked], Errno.EDEADLK);
            var operation = _ioases[ioas].Unmap(new IovaRange(iova, iova + length - 1));
            UnmapStep step;
            while ((step = operation.Next()) is not { TearDown: null, Asked: null })
                if (step.TearDown is { } torn) _ioases[ioas].Finish(torn);
            Assert.Equal(errno, step.Errno);
            Assert.Equal(gone.Aggregate(0UL, (sum, area) => sum + area.Length), operation.UnmappedBytes);
            foreach (var area in gone) model.Areas.Remove(area);
            // It lets nobody in any more: to go on, let go of it and take it out.
            if (errno == Errno.EDEADLK) Unblock(ioas);
        }

        private void Unblock(int ioas)
        {
            foreach (var pin in _pinned.Where(pin => pin.Ioas == ioas))
                Assert.Equal(Errno.None, _ioases[ioas].UnpinForAccess(pin.Iova, pin.Length, lockArea: false));
            _models[ioas].PinningAccesses = 0;
            _pinned.RemoveAll(pin => pin.Ioas == ioas);
            _ioases[ioas].RemoveAccess(this);
            _ioases[ioas].Finish(_ioases[ioas].Unmap(new IovaRange(0, ulong.MaxValue)).Next().TearDown!);
            _models[ioas].Areas.Clear();
        }

        private void AddDomain(int ioas)
        {
            if (_models[ioas].Domains == 3) return;
            var expected = _models[ioas].CheckDomain();
            Assert.Equal(expected, _ioases[ioas].AddDomain(_machine.Iommu.AllocPaging(_device, HwptAllocFlags.None).Value!));
            if (expected == Errno.None) _models[ioas].Domains++;
        }

        private void RemoveDomain(int ioas)
        {
            if (_models[ioas].Domains == 0) return;
            var domain = _ioases[ioas].Domains[_random.Next(_models[ioas].Domains)];
            _ioases[ioas].RemoveDomain(domain);
            _ioases[ioas].EndDomain(domain);
            _models[ioas].Domains--;
        }

        private void Pin(int ioas)
        {
            var model = _models[ioas];
            if (model.PinningAccesses == 0)
            {
                var fits = model.Areas.TrueForAll(area => (area.Iova | area.Length | area.StartByte) % 4096 == 0);
                Assert.Equal(fits ? Errno.None : Errno.EADDRINUSE, _ioases[ioas].AddAccess(this, pins: true));
                if (!fits) return;
                model.PinningAccesses = 1;
            }
            var (iova, length) = Place();
            var write = _random.Next(2) == 0;
            var expected = CheckPin(model.Parts(iova, length), model, iova, write);
            var pinned = _ioases[ioas].PinForAccess(iova, length, write, lockArea: false);
            Assert.Equal(expected, pinned.Errno);
            if (expected != Errno.None) return;
            _pinned.Add((ioas, iova, length));
            for (var i = 0; i < pinned.Value!.Length; i++) Assert.Equal(Physical(model, iova + (ulong)i * 4096), pinned.Value[i]);
        }

        private static Errno CheckPin(List<(NaiveArea Area, ulong Iova, ulong Length)>? parts, NaiveIoas model, ulong iova, bool write)
        {
            // What lies before a hole is looked at, too.
            parts ??= UpToTheHole(model, iova);
            var whole = parts.Count > 0 && parts[^1].Iova != ulong.MaxValue;
            foreach (var (area, from, _) in parts.Where(part => part.Iova != ulong.MaxValue))
            {
                if ((area.StartByte + (from - area.Iova)) % 4096 != 0) return Errno.EINVAL;
                if (!area.Access.HasFlag(write ? Access.Write : Access.Read)) return Errno.EPERM;
            }
            return whole ? Errno.None : Errno.ENOENT;
        }

        private static List<(NaiveArea Area, ulong Iova, ulong Length)> UpToTheHole(NaiveIoas model, ulong iova)
        {
            var parts = new List<(NaiveArea, ulong, ulong)>();
            for (; model.At(iova) is { } area; iova = area.Last + 1) parts.Add((area, iova, area.Last - iova + 1));
            parts.Add((null!, ulong.MaxValue, 0));
            return parts;
        }

        private void Unpin()
        {
            if (_pinned.Count == 0) return;
            var index = _random.Next(_pinned.Count);
            var (ioas, iova, length) = _pinned[index];
            Assert.Equal(Errno.None, _ioases[ioas].UnpinForAccess(iova, length, lockArea: false));
            _pinned.RemoveAt(index);
            if (_pinned.Exists(pin => pin.Ioas == ioas)) return;
            _ioases[ioas].RemoveAccess(this);
            _models[ioas].PinningAccesses = 0;
        }

        private void Check()
        {
            for (var i = 0; i < 2; i++)
            {
                Assert.Equal(_models[i].Alignment, _ioases[i].IovaAlignment);
                Assert.Equal(_models[i].Areas.OrderBy(area => area.Iova).Select(area => (area.Iova, area.Length, area.StartByte)),
                    _ioases[i].Areas.Select(area => (area.Iova, area.LengthBytes, area.StartByte)));
                for (var iova = Window; iova < Window + Units * Unit; iova += Unit)
                    foreach (var domain in _ioases[i].Domains) Assert.Equal(Physical(_models[i], iova), domain.Lookup(iova));
            }
            var pinners = new Dictionary<ulong, int>();
            foreach (var pages in _seen)
            {
                var accesses = PinsOf(pages).Distinct().ToList();
                for (var page = 0UL; page < pages.PageCount; page++)
                {
                    var users = _models.Where(model => model.Domains > 0)
                        .Sum(model => model.Areas.Count(area => area.Pages == pages && area.Covers(page)))
                        + accesses.Count(range => range.First <= page && page <= range.Last);
                    Assert.Equal(users, pages.UsesOf(page));
                    var frame = pages.Source.Translate(pages.AddressOf(page))!.Value;
                    if (users > 0) pinners[frame] = pinners.GetValueOrDefault(frame) + 1;
                }
            }
            Assert.Equal(pinners.Values.Sum(), _process.User.LockedPages);
            for (var page = 0UL; page < BufferBytes; page += 4096)
            {
                Assert.Equal(pinners.GetValueOrDefault(_memory.Translate(_buffer + page)!.Value), _memory.PinsOf(_buffer + page));
                Assert.Equal(pinners.GetValueOrDefault(_file.Translate(page)!.Value), _file.PinsOf(page));
            }
        }

        private IEnumerable<(ulong First, ulong Last)> PinsOf(SourcePages pages) => _pinned.SelectMany(pin =>
            _models[pin.Ioas].Parts(pin.Iova, pin.Length)!.Where(part => part.Area.Pages == pages).Select(part =>
                ((part.Area.StartByte + part.Iova - part.Area.Iova) / 4096,
                    (part.Area.StartByte + part.Iova - part.Area.Iova + part.Length - 1) / 4096)));

        private static ulong? Physical(NaiveIoas model, ulong iova)
        {
            if (model.At(iova) is not { } area) return null;
            var startByte = area.StartByte + (iova - area.Iova);
            return area.Pages.Source.Translate(area.Pages.BaseAddress + startByte);
        }

        private (ulong Iova, ulong Length) Place()
        {
            var length = (ulong)_random.Next(1, 9) * Unit;
            var iova = Window + (ulong)_random.Next(Units - 8) * Unit;
            // Most of what is mapped without a domain would keep one from coming.
            if (_random.Next(6) > 0) (iova, length) = (iova & ~4095UL, (length + 4095) & ~4095UL);
            if (_random.Next(40) == 0) length -= 16;
            return (_random.Next(8) > 0 ? Math.Max(iova, NaiveIoas.ApertureFirst) : iova, length);
        }

        private ulong Offset(ulong max)
        {
            var offset = (ulong)_random.Next((int)(max / Unit) + 1) * Unit;
            return _random.Next(6) > 0 ? offset & ~4095UL : offset;
        }
    }
}
