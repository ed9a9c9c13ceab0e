using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Core.Ioas;
using Iommu.Actors.Uapi;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>A process with an open /dev/iommu on the mock IOMMU, as the kernel's suite has it.</summary>
internal sealed class MockUapiHarness : UapiCaller, IAsyncDisposable
{
    private const ulong StructurePages = 16;
    private const ulong ArrayPages = 256;

    private IommufdFile? _file;

    public MockUapiHarness(Config? config = null)
    {
        Mock = new MockHarness(config);
        Structure = Mock.Allocate(StructurePages);
        Arrays = Mock.Allocate(ArrayPages);
    }

    public MockHarness Mock { get; }

    public override IommufdFile File => _file!;

    public override UserProcess Process => Mock.Process;

    public override ulong Structure { get; }

    public override ulong Arrays { get; }

    public override ulong End => Arrays + ArrayPages * 4096;

    public async Task<MockUapiHarness> OpenAsync()
    {
        await Mock.OpenAsync();
        _file = new IommufdFile(Mock.Context, test: true);
        return this;
    }

    /// <summary>A sub-operation of IOMMU_TEST_CMD.</summary>
    public Task<(Errno Errno, IommuTestCmd After)> Test(IommuTestCmd command) => Call(Ioctl.TestCmd, command);

    /// <summary>What a failed call must leave as it was: all of <see cref="MockHarness.State"/>, areas and descriptors.</summary>
    public async Task<string> State()
    {
        var areas = new List<string>();
        foreach (var ioas in Mock.Context.Table.All(ObjectType.Ioas))
            areas.Add(await ioas.Actor.AskUnlessGone(found => $"{found.Id}: {Ranges((IoPagetable)found.State!)}"));
        return $"{await Mock.State()}; areas {string.Join(", ", areas)}; descriptors {Process.Files.Count}";
    }

    private static string Ranges(IoPagetable table) =>
        string.Join(' ', table.Areas.Select(area => $"{area.Iova:x}+{area.LengthBytes:x}"));

    /// <summary>A memfd of the process: its descriptor.</summary>
    public int OpenFile(ulong lengthBytes)
    {
        var file = MemoryFile.Create(1, Mock.Hardware.Memory, Mock.Hardware.Frames, lengthBytes);
        return Process.Files.Install(file.Value!).Value;
    }

    /// <summary>A mock device, bound and attached to an IOAS or an HWPT.</summary>
    public async Task<TestMockDomain> Device(uint pageTable)
    {
        var (errno, made) = await Test(new IommuTestCmd { Op = TestOp.MockDomain, Id = pageTable });
        Assert.Equal(Errno.None, errno);
        return made.MockDomain;
    }

    public ValueTask DisposeAsync() => Mock.DisposeAsync();
}
