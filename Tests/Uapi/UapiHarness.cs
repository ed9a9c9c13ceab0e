using Iommu.Actors.Uapi;
using Iommu.Hardware.Processes;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>A process with an open /dev/iommu on two trivial IOMMUs.</summary>
internal sealed class UapiHarness : UapiCaller, IAsyncDisposable
{
    private IommufdFile? _file;

    public SimulatorHarness Iommu { get; } = new();

    public override IommufdFile File => _file!;

    public override UserProcess Process => Iommu.Process;

    public override ulong Structure => 0x20_0000;

    public override ulong Arrays => 0x30_0000;

    public override ulong End => 1 << 30;

    public async Task<UapiHarness> OpenAsync()
    {
        await Iommu.OpenAsync();
        _file = new IommufdFile(Iommu.Context, test: true);
        return this;
    }

    public ValueTask DisposeAsync() => Iommu.DisposeAsync();
}
