using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>close() of the file of a fault queue or an event queue: no call of iommufd, but it drops a reference on the queue.</summary>
internal sealed record CloseEventFile(ObjectId Queue) : Call;
