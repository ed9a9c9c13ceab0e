namespace Iommu.TestKit.Captures;

/// <summary>A stream of a snapshot: what device it was and how it was configured (stage1, stage2, nested, bypass, abort).</summary>
public sealed record CaptureStream(uint StreamId, string Device, string Config, int? Asid, int? Vmid);
